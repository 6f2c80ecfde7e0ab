import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Managed, startManaged } from '../management-kit.ts'

let managed: Managed
beforeAll(async () => {
  managed = await startManaged()
  const form = { grant_type: 'client_credentials', client_id: 'plain', client_secret: 'plain-secret-value' }
  await managed.app.post('acme', { ...form, scope: 'api:write' }, { 'X-Request-Id': 'refused' })
  await managed.app.deps.refusals.flush()
})
afterAll(() => managed.close())

test('the storage of the configuration says why, while a server runs on it', async () => {
  const { code, out, err } = await managed.grantd(['explain', 'refused'])
  expect([code, err]).toEqual([0, ''])
  expect(out).toStartWith(
    '2030-01-01T00:00:00.000Z  POST  /api/v1/tenant/:tenant/oauth/token  400  invalid_scope\n  tenant  acme\n  client  plain\n  check   ',
  )
})

test('scripts get JSON with the members of the admin API', async () => {
  const { out } = await managed.grantd(['explain', '--json', 'refused'])
  const { request_id, refusals } = JSON.parse(out)
  expect([request_id, refusals]).toEqual([
    'refused',
    [expect.objectContaining({ tenant: 'acme', client_id: 'plain', status: 400, error: 'invalid_scope' })],
  ])
})

test('an id that is not known is told of, and control characters of it do nothing', async () => {
  const { code, out, err } = await managed.grantd(['explain', 'un\u001b[2Jknown'])
  expect([code, out]).toEqual([1, ''])
  expect(err).toStartWith("grantd: No refusal of the request 'un\\u001b[2Jknown' is kept: ")
  expect((await managed.grantd(['explain'])).code).toBe(2)
})

test('a server elsewhere is asked with a token of the environment, and never without', async () => {
  const { code, err } = await managed.grantd(['explain', 'refused', '--url', 'http://127.0.0.1:1'])
  expect([code, err]).toEqual([
    2,
    expect.stringContaining('explain --url wants an access token with grantd:admin in GRANTD_ADMIN_TOKEN'),
  ])
})
