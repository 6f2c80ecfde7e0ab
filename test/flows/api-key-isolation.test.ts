import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { apiKeys } from '../../src/tokens/api-keys/api-key-row.ts'
import { refusal } from '../endpoints/acme.ts'
import {
  listedKeys,
  type MadeKey,
  makeKey,
  managerToken,
  postKey,
  revokeKey,
  rotateKey,
} from '../support/api-keys.ts'
import { rowsOf } from '../support/failing-storage.ts'
import { changed, isActive, revoke, startRevocable, svc } from '../support/revocable.ts'
import { callProtected, type TestApp, testStart } from '../support/test-app.ts'

/** Two tenants that have all in common but their names: nothing of the API keys of one may touch the other. */
let app: TestApp
const managers: Record<string, string> = {}
const keys: Record<string, MadeKey> = {}

beforeAll(async () => {
  app = await startRevocable()
  for (const tenant of ['acme', 'beta']) {
    managers[tenant] = await managerToken(app, tenant)
    const body = { name: `of ${tenant}`, scopes: ['read'], expires_in_days: 1 }
    keys[tenant] = await makeKey(app, { tenant, token: managers[tenant], body })
  }
})
afterAll(() => app.close())

const pairs = [
  ['acme', 'beta'],
  ['beta', 'acme'],
] as const

const managerOf = (tenant: string) => managers[tenant] ?? ''
const keyOf = (tenant: string) => keys[tenant] ?? expect.unreachable()

describe('two tenants with the same clients, secrets, scopes and kid', () => {
  test.each(pairs)('%s has its own key in its list, and not that of %s', async (own) => {
    const listed = await listedKeys(app, { tenant: own, token: managerOf(own) })
    expect(listed.map(({ id, name }) => [id, name])).toEqual([[keyOf(own).id, `of ${own}`]])
  })

  test.each(pairs)('the key of %s is verified by its own JWKS and not by that of %s', async (own, other) => {
    const verify = async (tenant: string) => {
      const jwks = await (await app.send(`/api/v1/tenant/${tenant}/.well-known/jwks.json`)).json()
      return jose.jwtVerify(keyOf(own).api_key, jose.createLocalJWKSet(jwks), {
        currentDate: new Date(testStart),
      })
    }
    expect((await verify(own)).payload['tenant_id']).toBe(own)
    await expect(verify(other)).rejects.toThrow(jose.errors.JWSSignatureVerificationFailed)
  })

  test.each(pairs)('the key of %s is active there alone, and names its tenant', async (own, other) => {
    const { api_key } = keyOf(own)
    expect(await isActive(app, own, api_key)).toBe(true)
    expect(await isActive(app, other, api_key)).toBe(false)
    expect(await (await callProtected(app, api_key)).json()).toMatchObject({
      tenant_id: own,
      scope: ['read'],
    })
  })

  test.each(pairs)('a manager of %s finds no key of %s, at neither place', async (own, other) => {
    const { id, api_key } = keyOf(other)
    for (const action of ['revoke', 'rotate']) {
      const here = await postKey(app, `${id}/${action}`, { tenant: own, token: managerOf(own) })
      expect(await refusal(here)).toEqual([404, 'not_found', 'API key not found'])
      const there = await postKey(app, `${id}/${action}`, { tenant: other, token: managerOf(own) })
      expect(await refusal(there)).toEqual([401, 'invalid_token', 'The access token is invalid'])
    }
    expect((await revoke(app, own, { ...svc, token: api_key })).status).toBe(200)
    expect((await callProtected(app, api_key)).status).toBe(200)
  })

  test.each(pairs)('a row of %s copied to %s makes no key of it there', async (own, other) => {
    const { id, api_key } = keyOf(own)
    const [row] = await rowsOf(app.deps.storage, own, apiKeys)
    if (!row) return expect.unreachable()
    await app.deps.storage.of(other).of(apiKeys).create({ id, value: row.value })
    expect(await isActive(app, other, api_key)).toBe(false)
    const claims = { ...jose.decodeJwt(api_key), iss: `http://localhost:3000/api/v1/tenant/${other}` }
    const { privateKey } = (await app.deps.keyring.of(own)).active
    const resigned = await new jose.SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'shared-kid' })
      .sign(privateKey)
    expect(await refusal(await callProtected(app, resigned))).toEqual([
      401,
      'invalid_token',
      'The access token is invalid',
    ])
    await app.deps.storage.of(other).of(apiKeys).delete(id)
  })
})

test('a key of the same id at both tenants is two keys: revoking, rotating and using one leaves the other', async () => {
  const twins = await startRevocable()
  const body = { name: 'k', expires_in_days: 1 }
  // The same bytes for the ids of both.
  const seeded = changed(
    { ...twins, deps: { ...twins.deps, randomBytes: (count) => new Uint8Array(count) } },
    {},
  )
  const tokens = { acme: await managerToken(twins, 'acme'), beta: await managerToken(twins, 'beta') }
  const acme = await makeKey(seeded, { tenant: 'acme', token: tokens.acme, body })
  const beta = await makeKey(seeded, { tenant: 'beta', token: tokens.beta, body })
  expect(acme.id).toBe(beta.id)
  expect(jose.decodeJwt(acme.api_key).jti).toBe(jose.decodeJwt(beta.api_key).jti)

  await callProtected(twins, acme.api_key)
  await twins.deps.lastUse.flush()
  const listed = async (tenant: 'acme' | 'beta') => listedKeys(twins, { tenant, token: tokens[tenant] })
  expect((await listed('acme'))[0]?.last_used).toBe('2030-01-01T00:00:00.000Z')
  expect((await listed('beta'))[0]?.last_used).toBeNull()

  const overlap = { tenant: 'acme', token: tokens.acme, body: { overlap_seconds: 0 } }
  await rotateKey(twins, acme.id, overlap)
  expect((await callProtected(twins, beta.api_key)).status).toBe(200)
  await revokeKey(twins, acme.id, { tenant: 'acme', token: tokens.acme })
  expect((await callProtected(twins, beta.api_key)).status).toBe(200)
  expect([(await listed('acme'))[0]?.revoked, (await listed('beta'))[0]?.revoked]).toEqual([true, false])
  await twins.close()
})
