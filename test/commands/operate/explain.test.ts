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

test('of an id that many requests had, the newest are shown, and how many are older', async () => {
  const form = { grant_type: 'none-such', client_id: 'plain', client_secret: 'plain-secret-value' }
  for (let count = 0; count < 22; count++)
    await managed.app.post('acme', form, { 'X-Request-Id': 'repeated' })
  await managed.app.deps.refusals.flush()
  const { out } = await managed.grantd(['explain', 'repeated'])
  expect([out.split('  POST  ').length - 1, out.split('\n').at(-2)]).toEqual([
    20,
    'older ones of this id, not shown: 2',
  ])
  const json = JSON.parse((await managed.grantd(['explain', '--json', 'repeated'])).out)
  expect([json.refusals.length, json.left_out]).toEqual([20, 2])
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

test('a token on standard input is explained step by step, and nothing of it is printed', async () => {
  const token = await managed.app.token('acme', { client_id: 'plain', client_secret: 'plain-secret-value' })
  const { code, out, err } = await managed.grantd(['explain', '--token', '-'], `${token}\n`)
  expect([code, err]).toEqual([0, ''])
  expect(out).toStartWith(
    "accepted: access token of the tenant 'acme'\n  ok      form of the token   a JWT of ",
  )
  expect(out).toContain('\n  ok      scopes              api:read\n')
  for (const part of token.split('.')) expect(out).not.toContain(part)
  await managed.grantd(['revoke', '--tenant', 'acme', '--token-stdin'], token)
  const after = await managed.grantd(['explain', '--token', '-'], token)
  expect(after.code).toBe(1)
  expect(after.out).toContain('\n  FAILED  revocation          this token was revoked')
  const json = await managed.grantd(['explain', '--token', '-', '--json'], token)
  expect([json.code, JSON.parse(json.out)]).toEqual([
    1,
    expect.objectContaining({ kind: 'access_token', accepted: false, tenant: 'acme' }),
  ])
})

test('a token is never an argument, and one has to come', async () => {
  const asArgument = await managed.grantd(['explain', '--token', 'abc'])
  expect([asArgument.code, asArgument.err]).toEqual([
    2,
    expect.stringContaining(
      'explain reads the token from standard input, because other users can see arguments',
    ),
  ])
  for (const args of [['explain', '--token', '-', 'refused']])
    expect((await managed.grantd(args, 'x')).code).toBe(2)
  expect((await managed.grantd(['explain', '--token', '-'], '')).err).toContain(
    'explain --token - wants the token on standard input',
  )
})
