import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { withFolder } from '../support/spawn-server.ts'
import { voucherType } from './second-grant/voucher-grant.ts'

/**
 * A second grant and a further token, each one file and its lines in the tables: the product is loaded with these lines in it
 * (second-grant/overlay.ts), and everything else follows.
 */

const folder = join(import.meta.dir, 'second-grant')
const overlay = ['--preload', join(folder, 'overlay.ts')]
const main = join(import.meta.dir, '../../src/main.ts')

async function run(...args: string[]) {
  const child = Bun.spawn([process.execPath, ...args], {
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env },
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { status: await child.exited, out, err }
}

test('one file and its lines: the endpoints, the documents and the admin API follow', async () => {
  const { status, err } = await run('test', ...overlay, join(folder, 'story.ts'))
  expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining('0 fail') })
})

const config = `
tenants:
  acme:
    name: Acme
    oauth2: {}
    clients: { svc: { secret: a-secret-of-a-test, grant_types: ['${voucherType}'] } }
`

test('config.yaml, its JSON Schema and the commands follow', async () => {
  await withFolder(async (place) => {
    const file = join(place, 'config.yaml')
    await Bun.write(file, config)
    const [checked, refused, schema, document] = await Promise.all([
      run(...overlay, main, 'check', '--config', file),
      run(main, 'check', '--config', file),
      run(...overlay, main, 'schema'),
      run(...overlay, main, 'openapi'),
    ])
    expect(checked).toMatchObject({ status: 0 })
    expect(refused.status).toBe(78)
    expect(refused.err + refused.out).toContain(`"${voucherType}", wanted `)
    expect(schema.out).toContain(`"${voucherType}"`)
    expect(document.out).toContain('The voucher that the holder gave away')
  })
})
