import { afterAll, beforeAll, expect, test } from 'bun:test'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { signClientAssertion } from '../../src/keys/client-key-pair.ts'
import { withAssertion } from '../support/assertions.ts'
import { parse } from '../support/config-text.ts'
import { testStart } from '../support/test-app.ts'
import { type Managed, startManaged } from './management-kit.ts'

let managed: Managed
beforeAll(async () => {
  managed = await startManaged()
})
afterAll(() => managed.close())

const pathOf = (name: string) => join(managed.folder, name)
const keygen = (...more: string[]) => managed.grantd(['client', 'keygen', ...more])
const client = (word: string, id: string, ...more: string[]) =>
  managed.grantd(['client', word, '--tenant', 'acme', '--client', id, ...more])

let jti = 0
async function tokenStatus(clientId: string, privateJwk: string): Promise<number> {
  jti += 1
  const audience = 'http://localhost:3000/api/v1/tenant/acme'
  const asked = { clientId, audience, jti: `j${jti}`, now: testStart / 1000 }
  const form = withAssertion(await signClientAssertion(privateJwk, asked))
  return (await managed.app.post('acme', { grant_type: 'client_credentials', ...form })).status
}

test('keygen writes a private key for its owner alone, and prints what config.yaml takes', async () => {
  const path = pathOf('billing.jwk')
  const { code, out, err } = await keygen('--client', 'billing', '--key-file', path)
  expect([code, err]).toEqual([0, ''])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const { d, ...rest } = JSON.parse(await Bun.file(path).text())
  expect(rest).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', kid: expect.any(String) })
  expect(out).not.toContain(d)
  expect(out).toContain('scopes: [] # what this client may ask for\n')
  const yaml = out.slice(out.indexOf('      "billing":'), out.indexOf('Then'))
  const { config } = await parse(`tenants:\n  acme:\n    name: A\n    clients:\n${yaml}`)
  expect(config.tenants['acme']?.clients['billing']?.jwks?.keys[0]).toMatchObject({
    kid: rest.kid,
    x: rest.x,
  })
})

test('keygen prints a command that a shell takes as it is meant, whatever the names are', async () => {
  const { out } = await keygen('--key-file', pathOf("it's $(id)\u001b.jwk"), '--client', 'a"$(id)`b')
  expect(out).toContain(`--client 'a"$(id)\`b' --key-file '`)
  expect(out).toContain(String.raw`/it'\''s $(id)\u001b.jwk'`)
  expect(out).not.toContain('\u001b')
})

test('keygen prints the scopes that it is given', async () => {
  const { out } = await keygen('--key-file', pathOf('scopes.jwk'), '--scopes', 'api:read,api:write')
  expect(out).toContain('scopes: ["api:read","api:write"] # what')
})

test('keygen overwrites nothing', async () => {
  const path = pathOf('kept.jwk')
  await Bun.write(path, 'mine')
  const { code, out, err } = await keygen('--key-file', path)
  expect([code, out]).toEqual([1, ''])
  expect(err).toContain('is there already and stays as it is')
  expect(await Bun.file(path).text()).toBe('mine')
})

test('keygen prints the private key for - alone, and the rest beside it', async () => {
  const { out, err } = await keygen('--key-file', '-', '--algorithm', 'EdDSA', '--kid', 'k 1')
  expect(JSON.parse(out)).toMatchObject({ kty: 'OKP', alg: 'EdDSA', kid: 'k 1', d: expect.any(String) })
  expect(err).toContain('token_endpoint_auth_method: private_key_jwt')
  expect(err).not.toContain(JSON.parse(out).d)
})

test.each([
  [[], 'client keygen wants --key-file PATH'],
  [['--key-file', 'a', '--algorithm', 'HS256'], "The algorithm is 'HS256', wanted one of RS256"],
  [['--key-file', 'a', '--client', 'é'], "The client id is 'é', wanted"],
  [['--key-file', 'a', '--kid', 'é'], "The kid is 'é', wanted 1 to 256 printable ASCII characters"],
  [['--key-file', 'a', '--kid', 'k'.repeat(257)], 'wanted 1 to 256 printable ASCII characters'],
])('keygen %p is a wrong use', async (args, complaint) => {
  const { code, err } = await keygen(...args)
  expect(code).toBe(2)
  expect(err).toContain(complaint)
})

test('a client is added with its public keys, and has no secret', async () => {
  const made = JSON.parse((await keygen('--key-file', pathOf('a.jwk'), '--algorithm', 'RS256', '--json')).out)
  expect(Object.keys(made)).toEqual(['client_id', 'key_file', 'jwks'])
  await Bun.write(pathOf('a.jwks'), JSON.stringify(made.jwks))
  const added = await client('add', 'keyed', '--jwks-file', pathOf('a.jwks'), '--scopes', 'api:read')
  expect(added.out).toBe(
    "Added the client 'keyed' to the tenant 'acme'\nIt proves itself with private_key_jwt and the keys of the file\n",
  )
  expect(await tokenStatus('keyed', await Bun.file(pathOf('a.jwk')).text())).toBe(200)
  const shown = JSON.parse((await client('show', 'keyed', '--json')).out)
  expect(shown).toMatchObject({ token_endpoint_auth_method: 'private_key_jwt', jwks: made.jwks, secrets: [] })
  const text = (await client('show', 'keyed')).out
  expect(text).toContain(made.jwks.keys[0].kid)
  expect(text).not.toContain('[object')
  const rotated = await managed.grantd(['secret', 'rotate', '--tenant', 'acme', '--client', 'keyed'])
  expect(rotated.code).toBe(1)
  expect(rotated.err).toContain(
    'The client proves itself with private_key_jwt and has no secrets; change its jwks',
  )
})

test('a private key, no JWK Set and no file are refused', async () => {
  await keygen('--key-file', pathOf('b.jwk'))
  const own = JSON.parse(await Bun.file(pathOf('b.jwk')).text())
  await Bun.write(pathOf('private.jwks'), JSON.stringify({ keys: [own] }))
  await Bun.write(pathOf('text'), 'hello')
  const cases = [
    ['b.jwk', 'The field jwks.d is part of a private key'],
    ['private.jwks', 'The field jwks.keys.0.d is part of a private key'],
    ['text', 'it is not JSON'],
    ['missing', 'ENOENT'],
  ] as const
  for (const [name, complaint] of cases) {
    const { code, err } = await client('add', 'never', '--jwks-file', pathOf(name))
    expect([name, code]).toEqual([name, 1])
    expect(err).toContain(complaint)
    expect(err).not.toContain(own.d)
  }
  const { code, err } = await client('add', 'never', '--auth-method', 'private_key_jwt')
  expect([code, err.includes('client add wants --jwks-file PATH for private_key_jwt')]).toEqual([2, true])
})
