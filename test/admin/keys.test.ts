import { afterAll, beforeAll, expect, test } from 'bun:test'
import { callProtected } from '../support/test-app.ts'
import { type AdminApp, expectRefusal, opsYaml, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
})
afterAll(() => app.close())

const path = '/tenants/acme/keys'
const list = async () => (await app.call('GET', path, { as: 'manager' })).body
const rotate = (body?: unknown) =>
  app.call('POST', `${path}/rotate`, { as: 'manager', ...(body !== undefined && { body }) })

test('the keys are listed without their private halves, and a new one is announced first', async () => {
  const token = await app.tokenOf('manager')
  const before = await list()
  expect(before).toEqual({
    items: [
      {
        kid: expect.any(String),
        state: 'active',
        algorithm: 'ES256',
        created_at: '2030-01-01T00:00:00.000Z',
        activated_at: '2030-01-01T00:00:00.000Z',
        retired_at: null,
      },
    ],
    steps: [],
    next_cursor: null,
  })
  expect((await rotate()).body).toEqual({ outcome: 'announced' })
  const announced = await list()
  expect(announced.items).toMatchObject([before.items[0], { state: 'next' }])
  const { kid } = announced.items[1]
  expect(announced.steps).toEqual([{ kind: 'activate', kid, at: '2030-01-01T00:10:00.000Z' }])
  expect((await rotate({})).body).toEqual({ outcome: 'waiting' })
  app.advance(60)
  expect((await rotate({ now: true })).body).toEqual({ outcome: 'rotated' })
  expect((await list()).items).toMatchObject([
    { kid, state: 'active' },
    { kid: before.items[0].kid, state: 'retiring' },
  ])
  const old = await callProtected(app, token)
  expect(old.status).toBe(200)
  expect(JSON.stringify(await list())).not.toMatch(/"(d|p|q|file|path|sealed)":|PRIVATE|\.pem/)
  expect(app.events.filter(({ type }) => type === 'key.activated').at(-1)).toMatchObject({
    tenant: 'acme',
    actor: 'manager',
    detail: { kid },
  })
})

test('a body of another shape is refused', async () => {
  expectRefusal(await rotate({ now: 'yes' }), 400, 'invalid_request', 'The field now is malformed')
  const unknown = 'The request body has a field that is not known'
  expectRefusal(await rotate({ force: true }), 400, 'invalid_request', unknown)
})

test('a key in a file of the operator is listed and not replaced; a broken one is 503 without its path', async () => {
  const own = await startAdminApp()
  const pem = await generatePem()
  const file = `${own.folder}/own.pem`
  await Bun.write(file, pem)
  const { chmod } = await import('node:fs/promises')
  await chmod(file, 0o600)
  const yaml = `${opsYaml}  mine:
    name: Mine
    oauth2: {}
    signing: { algorithm: ES256, private_key_file: ${file} }
  broken:
    name: Broken
    oauth2: {}
    signing: { algorithm: ES256, private_key_file: ${own.folder}/missing.pem }
`
  const other = await startAdminApp({}, yaml)
  const { items, steps } = (await other.call('GET', '/tenants/mine/keys')).body
  expect([items, steps]).toMatchObject([[{ state: 'active', algorithm: 'ES256', created_at: null }], []])
  const refused = await other.call('POST', '/tenants/mine/keys/rotate')
  const sentence = 'The signing key is a file of yours, and grantd does not replace it'
  expectRefusal(refused, 409, 'conflict', sentence)
  const broken = await other.call('GET', '/tenants/broken/keys')
  const away = 'The server cannot answer this right now'
  expectRefusal(broken, 503, 'temporarily_unavailable', away)
  expect(JSON.stringify(other.log.at(-1))).toContain('missing.pem')
  await other.close()
  await own.close()
})

async function generatePem(): Promise<string> {
  const { platform } = await import('../support/test-app.ts')
  const { signatureAlgorithms } = await import('../../src/protocol/algorithms.ts')
  return platform.generateKeyPem(signatureAlgorithms.ES256, 2048)
}
