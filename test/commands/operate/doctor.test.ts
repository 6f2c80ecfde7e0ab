import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { doctorCommand } from '../../../src/commands/operate/doctor-command.ts'
import { parseArguments } from '../../../src/platform/arguments.ts'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import { type Served, startServed } from '../../support/served.ts'

const platform = bunPlatform()
const secret = 'a-secret-of-the-service-for-doctor'
/** The address at which a proxy of this test sees every sender. */
const sender = '198.51.100.9'
const text = (server: string) =>
  `server: { public_url: http://id.localhost:80, ${server} }\ntenants:\n  acme:\n    name: Acme\n    oauth2: {}\n    signing: { algorithm: ES256 }\n    clients: { svc: { secret: ${secret}, scopes: [] } }\n`
const config = text('trusted_proxies: [127.0.0.1]')

let folder: string
let server: Served | undefined

const write = (content: string) => writeFile(join(folder, 'config.yaml'), content, { mode: 0o600 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-doctor-'))
  await write(config)
  server = await startServed(folder)
})

afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true })
})

async function doctor(...words: string[]) {
  let out = ''
  const types = Object.fromEntries(
    doctorCommand.options.map(({ name, value }) => [name, value ? 'string' : 'boolean'] as const),
  )
  const args = parseArguments(['--config', join(folder, 'config.yaml'), '--json', ...words], {
    types,
    aliases: {},
  })
  const code = await doctorCommand.run(args, {
    ...platform,
    isTerminal: false,
    environment: () => undefined,
    writeOut: (part) => {
      out += part
    },
  })
  expect(out).not.toContain(secret)
  expect(out).not.toContain('PRIVATE KEY')
  const { ok, findings } = JSON.parse(out) as {
    ok: boolean
    findings: { check: string; state: string; message: string }[]
  }
  const of = (check: string) => findings.filter((each) => each.check === check)
  const states = (check: string) => of(check).map(({ state }) => state)
  return { code, ok, of, states }
}

/** A proxy in front of the server, and what it makes of the header of the sender. */
function startProxy(forward: (written: string | null) => string) {
  const proxy = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => {
      const { pathname } = new URL(request.url)
      const headers = new Headers(request.headers)
      headers.set('X-Forwarded-For', forward(headers.get('x-forwarded-for')))
      return fetch(`${server?.url}${pathname}`, { headers })
    },
  })
  return { url: `http://127.0.0.1:${proxy.port}`, [Symbol.dispose]: () => void proxy.stop(true) }
}

test('behind a proxy that adds the address of the sender, all is well', async () => {
  using proxy = startProxy((written) => (written === null ? sender : `${written}, ${sender}`))
  const { code, ok, states, of } = await doctor('--url', proxy.url)
  expect([code, ok]).toEqual([0, true])
  for (const check of ['server', 'storage', 'keys', 'issuers', 'proxy'])
    expect([check, ...states(check)]).toEqual([check, 'ok'])
  // It is this machine's own, so it proves nothing.
  expect(states('clock')).toEqual(['unknown'])
  expect(of('proxy')[0]?.message).toContain(`the server sees this machine at ${sender}`)
  expect(of('server')[0]?.message).toContain(`(process ${process.pid})`)
})

test('behind a proxy that passes on what the sender wrote, it is a fault', async () => {
  using proxy = startProxy((written) => written ?? sender)
  const { code, of } = await doctor('--url', proxy.url)
  expect([code, of('proxy')]).toEqual([
    1,
    [
      {
        check: 'proxy',
        state: 'fault',
        message: expect.stringContaining(`it took 192.0.2.177, wanted ${sender}`),
      },
    ],
  ])
})

test('a server that answers for another configuration is found out', async () => {
  await write(config.replace('acme', 'acm'))
  using proxy = startProxy(() => sender)
  const { code, of, states } = await doctor('--url', proxy.url)
  expect([code, states('server')]).toEqual([1, ['warning']])
  expect(of('issuers')[0]?.message).toStartWith('tenant acm: ')
  await write('tenants: [\n')
  const faulty = await doctor('--url', proxy.url)
  expect([faulty.code, ...faulty.states('configuration')]).toEqual([78, 'fault'])
  expect([faulty.states('server'), faulty.states('others')]).toEqual([['warning'], ['unknown']])
  await server?.ask({ command: 'reload' })
  expect((await doctor()).states('server')).toEqual(['fault'])
  await write(config)
})

test('without a server, what needs one is not known, and nothing is changed', async () => {
  await server?.stop()
  server = undefined
  const before = await Bun.file(join(folder, 'data/grantd.db')).bytes()
  const { code, states } = await doctor('--url', 'http://127.0.0.1:1')
  expect(code).toBe(0)
  for (const check of ['server', 'issuers', 'proxy'])
    expect([check, ...states(check)]).toEqual([check, 'unknown'])
  for (const check of ['storage', 'keys']) expect([check, ...states(check)]).toEqual([check, 'ok'])
  expect(await Bun.file(join(folder, 'data/grantd.db')).bytes()).toEqual(before)
  await rm(join(folder, 'data/grantd.db'))
  const lost = await doctor('--url', 'http://127.0.0.1:1')
  expect([lost.code, ...lost.states('storage')]).toEqual([1, 'fault'])
  await rm(join(folder, 'data'), { recursive: true })
  expect((await doctor('--url', 'http://127.0.0.1:1')).states('storage')).toEqual(['unknown'])
  expect(await Bun.file(join(folder, 'data/grantd.db')).exists()).toBe(false)
})

test('a socket that takes a connection and says nothing is a server that stands still', async () => {
  const control = join(folder, 'data/control')
  await platform.files.makePrivateFolder(control)
  const silent = await platform.localSockets.serve(join(control, '1-silent.sock'), async () => 'no JSON')
  try {
    const { of, states } = await doctor('--url', 'http://127.0.0.1:1')
    expect(states('server')).toEqual(['fault'])
    // It runs, so clients want it to answer.
    expect(states('issuers')).toEqual(['fault'])
    expect(of('descriptors')[0]?.message).toContain('no server answers')
  } finally {
    await silent.close()
  }
})
