import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { plainAddress } from '../../src/platform/address.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import type { ListenOptions } from '../../src/platform/network.ts'
import { hasIpv6 } from '../support/ipv6.ts'
import { denoProgram } from '../support/spawn-server.ts'

const answerAddress: ListenOptions['fetch'] = async (request, peer) => {
  await request.text()
  return new Response(peer.address() ?? 'not known')
}

const withIpv6 = [
  ['::1', '[::1]', '::1'],
  ['::', '127.0.0.1', '127.0.0.1'],
] as const

test.each([['127.0.0.1', '127.0.0.1', '127.0.0.1'], ...(hasIpv6 ? withIpv6 : [])] as const)(
  'behind Bun on %s, a request to %s comes from %s',
  async (hostname, host, address) => {
    const listener = bunPlatform().listen({ hostname, port: 0, fetch: answerAddress })
    try {
      const headers = { 'X-Forwarded-For': '192.0.2.1', 'X-Real-IP': '192.0.2.1', Forwarded: 'for=192.0.2.1' }
      const answer = await fetch(`http://${host}:${listener.port}/`, { method: 'POST', body: 'a', headers })
      expect(await answer.text()).toBe(address)
    } finally {
      await listener.close()
    }
  },
)

test('behind Deno, a request comes from where it comes from', async () => {
  const source = join(import.meta.dir, '../../src/platform/deno.ts')
  const program = `
    import { denoPlatform } from ${JSON.stringify(source)}
    const fetch = async (_, peer) => new Response(peer.address())
    const listener = denoPlatform().listen({ hostname: '127.0.0.1', port: 0, fetch })
    console.log(await (await globalThis.fetch('http://127.0.0.1:' + listener.port)).text())
    await listener.drain()`
  const child = Bun.spawn([denoProgram, 'run', '--quiet', '--no-config', '--allow-all', '-'], {
    stdin: new TextEncoder().encode(program),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  expect({ out, err }).toEqual({ out: '127.0.0.1\n', err: '' })
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['::ffff:c000:201', '::ffff:c000:201'],
  [undefined, undefined],
])('the address %p is written %p', (given, written) => {
  expect(plainAddress(given)).toBe(written)
})
