import { afterAll, beforeAll, expect, test } from 'bun:test'
import { callProtected } from '../support/test-app.ts'
import { type Managed, startManaged } from './management-kit.ts'

let managed: Managed
beforeAll(async () => {
  managed = await startManaged()
})
afterAll(() => managed.close())

const revoke = (args: readonly string[], input?: string) =>
  managed.grantd(['revoke', '--tenant', 'acme', ...args], input)
const plainToken = () =>
  managed.app.token('acme', { client_id: 'plain', client_secret: 'plain-secret-value' })
const use = async (token: string) => (await callProtected(managed.app, token)).status

test('a token comes on standard input, and is no good afterwards', async () => {
  const [token, other] = [await plainToken(), await plainToken()]
  const { code, out, err } = await revoke(['--token-stdin'], `${token}\n`)
  const { jti } = JSON.parse(atob(token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''))
  expect([code, out, err]).toEqual([0, `The token ${jti} of the client 'plain' is revoked\n`, ''])
  expect([await use(token), await use(other)]).toEqual([401, 200])
})

test('a text that is no token of this tenant is told of', async () => {
  const foreign = await managed.app.token('other', { client_id: 'svc', client_secret: 'other-secret-value' })
  for (const text of [foreign, 'x', `${await plainToken()}x`]) {
    const { code, out, err } = await revoke(['--token-stdin'], text)
    expect([code, out, err]).toEqual([
      1,
      '',
      'grantd: Cannot revoke the token: The field token is no token of this tenant, or has expired\n',
    ])
  }
  expect(await use(foreign)).toBe(200)
})

test('a tenant without a key has issued nothing, and gets no key by being asked', async () => {
  const own = await startManaged()
  const { code, err } = await own.grantd(['revoke', '--tenant', 'acme', '--token-stdin'], 'x.y.z')
  expect([code, err]).toEqual([1, "grantd: The tenant 'acme' has no key yet, so it has issued no token\n"])
  expect((await own.grantd(['keys', 'list', '--tenant', 'acme'])).out).toContain('acme  missing')
  await own.close()
})

test('those of a client, and then all of a tenant', async () => {
  const token = await plainToken()
  const first = await revoke(['--client', 'plain', '--before', '2029-12-31T00:00:00Z'])
  expect(first.out).toBe(
    "Every token of the client 'plain' that was issued by 2029-12-31T00:00:00.000Z is revoked\n",
  )
  expect(await use(token)).toBe(200)
  const second = await revoke(['--client', 'plain', '--json'])
  expect(JSON.parse(second.out)).toEqual({ tenant: 'acme', before: '2030-01-01T00:00:00.000Z' })
  expect(await use(token)).toBe(401)
  const gone = await revoke(['--client', 'gone'])
  expect(gone.out).toBe(
    "Every token of the client 'gone' that was issued by 2030-01-01T00:00:00.000Z is revoked; there is no such client now\n",
  )
  managed.app.advance(1)
  const later = await plainToken()
  expect((await revoke(['--all'])).code).toBe(0)
  expect(await use(later)).toBe(200)
  const { out } = await managed.grantd(['audit', 'export', '--tenant', 'acme'])
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ actor }) => actor === 'shell')
  expect(events.at(-1)).toMatchObject({ type: 'token.revoked', detail: { of: 'tenant' } })
  expect(out).not.toContain('gone')
})

test.each<[string[], string | undefined, string]>([
  [[], undefined, 'revoke wants one of --token-stdin, --client and --all'],
  [['--all', '--client', 'x'], undefined, 'revoke wants one of --token-stdin, --client and --all'],
  [['--token-stdin', '--before', '2030-01-01T00:00:00Z'], 'x', '--before goes with --client and --all'],
  [['--token-stdin'], ' \n', 'revoke --token-stdin wants the token on standard input'],
  [
    ['--all', '--before', 'yesterday'],
    undefined,
    "--before is 'yesterday', wanted a time in UTC such as 2030-01-31T00:00:00Z",
  ],
])('%j is a slip of the hand', async (args, input, sentence) => {
  const { code, err } = await revoke(args, input)
  expect([code, err.split('\n')[0]]).toEqual([2, `grantd: ${sentence}`])
})

test('a time in the future is refused', async () => {
  const { code, err } = await revoke(['--all', '--before', '2040-01-01T00:00:00Z'])
  expect([code, err]).toEqual([
    1,
    "grantd: Cannot revoke the tokens of the tenant 'acme': The field before must not be in the future\n",
  ])
})
