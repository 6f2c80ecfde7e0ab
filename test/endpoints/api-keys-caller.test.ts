import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { clients } from '../../src/clients/client-row.ts'
import {
  keysPath,
  listedKeys,
  listKeys,
  makeKey,
  managerToken,
  manageScope,
  postKey,
  revokeKey,
  rotateKey,
} from '../support/api-keys.ts'
import {
  apiKeySettings,
  changed,
  other,
  revoke,
  type Sender,
  startRevocable,
  svc,
  withClient,
} from '../support/revocable.ts'
import type { TestApp } from '../support/test-app.ts'
import { basic, type Refusal, refusal } from './acme.ts'

let app: TestApp
let manager: string

beforeEach(async () => {
  app = await startRevocable()
  manager = await managerToken(app, 'acme')
})
afterEach(() => app.close())

const invalid: Refusal = [401, 'invalid_token', 'The access token is invalid']
const tooLittle: Refusal = [
  403,
  'insufficient_scope',
  'The access token does not have the scope api-keys:manage',
]

/** The answer of each of the four routes to a caller, none of which is to have an effect. */
async function allRoutes(token: string | undefined, server: Sender = app): Promise<Response[]> {
  const caller = token === undefined ? {} : { token }
  return [
    await postKey(server, 'create', { ...caller, body: { name: 'k' } }),
    await listKeys(server, caller),
    await postKey(server, 'ak_x/revoke', caller),
    await postKey(server, 'ak_x/rotate', caller),
  ]
}

async function expectAll(responses: readonly Response[], wanted: Refusal, challenge: string): Promise<void> {
  for (const response of responses) {
    expect(response.headers.get('www-authenticate')).toBe(challenge)
    expect(await refusal(response)).toEqual(wanted)
  }
}

const invalidChallenge =
  'Bearer realm="grantd", error="invalid_token", error_description="The access token is invalid"'

describe('the scope api-keys:manage', () => {
  test('is wanted: a token without it is refused with the scope in the challenge', async () => {
    const token = await app.token('acme', { ...svc, scope: 'read write' })
    await expectAll(
      await allRoutes(token),
      tooLittle,
      'Bearer realm="grantd", error="insufficient_scope", error_description="The access token does not have the scope api-keys:manage", scope="api-keys:manage"',
    )
  })

  test('is in no default: a token that was asked for without a scope has it not', async () => {
    const response = await app.post('acme', { grant_type: 'client_credentials', ...svc })
    const { access_token, scope } = await response.json()
    expect(scope).toBe('read write rule')
    expect(await refusal(await listKeys(app, { token: access_token }))).toEqual(tooLittle)
  })

  test('is given to a client that may have it and asks by name, alone or beside others', async () => {
    for (const scope of [manageScope, `read ${manageScope}`]) {
      const token = await app.token('acme', { ...svc, scope })
      expect(jose.decodeJwt(token)['scope']).toBe(scope)
      expect((await listKeys(app, { token })).status).toBe(200)
    }
  })

  test('is not given to a client whose scopes do not name it', async () => {
    const form = { grant_type: 'client_credentials', ...other, scope: manageScope }
    expect(await refusal(await app.post('acme', form))).toEqual([
      400,
      'invalid_scope',
      `The requested scope is not allowed for this client: ${manageScope}`,
    ])
  })

  test('is in no default of a client that the storage has, either', async () => {
    const value = {
      name: 'Stored',
      active: true,
      introspect: false,
      grant_types: ['client_credentials'] as const,
      scopes: ['read', manageScope],
      default_scopes: null,
      audience: null,
      resources: [],
      access_token_ttl: null,
      created_at: 0,
      secrets: [
        {
          id: 's1',
          hash: `sha256:${app.deps.hashing.sha256('stored-secret-value').toHex()}`,
          created_at: 0,
          not_before: null,
          expires_at: null,
        },
      ],
    }
    await app.deps.storage.of('acme').of(clients).create({ id: 'stored', value })
    const stored = { client_id: 'stored', client_secret: 'stored-secret-value' }
    const byDefault = await app.token('acme', stored)
    expect(jose.decodeJwt(byDefault)['scope']).toBe('read')
    expect((await listKeys(app, { token: await managerToken(app, 'acme', stored) })).status).toBe(200)
  })

  test('can be a default where default_scopes names it', async () => {
    const later = changed(app, { client: withClient('svc', { default_scopes: [manageScope] }) })
    const response = await later.send('/api/v1/tenant/acme/oauth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...svc }).toString(),
    })
    const { access_token } = await response.json()
    expect((await listKeys(app, { token: access_token })).status).toBe(200)
  })

  test('is in the metadata of tenants with API keys alone', async () => {
    const scopesOf = async (tenant: string) =>
      (await (await app.send(`/api/v1/tenant/${tenant}/.well-known/oauth-authorization-server`)).json())
        .scopes_supported
    expect(await scopesOf('acme')).toEqual(['read', 'write', 'rule', manageScope])
    expect(await scopesOf('keyless')).toEqual(['read'])
  })

  test('is not found in a scope that only holds its name', async () => {
    const { privateKey } = (await app.deps.keyring.of('acme')).active
    for (const scope of ['api-keys:manager', 'xapi-keys:manage', 'api-keys', 'API-KEYS:MANAGE']) {
      const token = await new jose.SignJWT({ ...jose.decodeJwt(manager), scope })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'shared-kid' })
        .sign(privateKey)
      expect(await refusal(await listKeys(app, { token }))).toEqual(tooLittle)
    }
  })
})

describe('the caller', () => {
  test('is wanted: without a token there is a bare challenge and nothing else', async () => {
    for (const response of await allRoutes(undefined)) {
      expect([response.status, await response.text()]).toEqual([401, ''])
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="grantd"')
    }
  })

  test('cannot be a client with its secret', async () => {
    const headers = { Authorization: basic('svc', svc.client_secret) }
    const response = await app.send(keysPath('acme', 'list'), { headers })
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="grantd"',
    ])
  })

  test('cannot be in the query or in the body', async () => {
    const query = await app.send(`${keysPath('acme', 'list')}?access_token=${manager}`)
    expect(query.status).toBe(401)
    const body = { name: 'k', access_token: manager }
    expect((await postKey(app, 'create', { body })).status).toBe(401)
    expect(await listedKeys(app, { token: manager })).toEqual([])
  })

  test.each([
    ['nonsense', (_: string) => 'nonsense'],
    ['tampered', (good: string) => good.replace(/[^.]+$/, 'A'.repeat(86))],
    ['without a signature', (good: string) => good.replace(/[^.]+$/, '')],
    ['over 8 KB', (good: string) => `${good}${'A'.repeat(8 * 1024)}`],
  ])('with a token that is %s is refused', async (_, forge) => {
    await expectAll(await allRoutes(forge(manager)), invalid, invalidChallenge)
  })

  test('with an expired token is refused', async () => {
    app.advance(600)
    await expectAll(
      await allRoutes(manager),
      [401, 'invalid_token', 'Token has expired'],
      'Bearer realm="grantd", error="invalid_token", error_description="Token has expired"',
    )
  })

  test('with a revoked token is refused', async () => {
    await revoke(app, 'acme', { ...svc, token: manager })
    await expectAll(await allRoutes(manager), invalid, invalidChallenge)
  })

  test('of a client that was made inactive, or is gone, is refused', async () => {
    const off = changed(app, { client: withClient('svc', { active: false }) })
    await expectAll(await allRoutes(manager, off), invalid, invalidChallenge)
    const gone = changed(app, { client: () => undefined })
    await expectAll(await allRoutes(manager, gone), invalid, invalidChallenge)
    expect(await listedKeys(app, { token: manager })).toEqual([])
  })

  test('of another tenant is refused there, with the same kid, client and scope', async () => {
    await expectAll(await allRoutes(await managerToken(app, 'beta')), invalid, invalidChallenge)
  })

  test('that was refused is in the audit trail as far as it is known', async () => {
    await postKey(app, 'create', { token: 'nonsense', body: { name: 'k' } })
    expect(app.events.at(-1)).toMatchObject({
      type: 'api_key.created',
      tenant: 'acme',
      outcome: 'refused',
      reason: 'invalid_token',
      actor: undefined,
      client: undefined,
    })
    const token = await app.token('acme', { ...svc, scope: 'read' })
    await postKey(app, 'ak_x/rotate', { token })
    expect(app.events.at(-1)).toMatchObject({
      type: 'api_key.rotated',
      outcome: 'refused',
      reason: 'insufficient_scope',
      actor: 'svc',
    })
    expect(app.log.at(-1)).toMatchObject({ status: 403, client_id: 'svc', error: 'insufficient_scope' })
  })
})

describe('an API key as the caller', () => {
  const body = { name: 'boss', scopes: [manageScope, 'read'], expires_in_days: 1 }

  test('manages keys where the tenant lets keys have the scope', async () => {
    const boss = await makeKey(app, { token: manager, body })
    const made = await makeKey(app, { token: boss.api_key, body: { name: 'k', scopes: ['read'] } })
    await rotateKey(app, made.id, { token: boss.api_key })
    await revokeKey(app, made.id, { token: boss.api_key })
    expect(await listedKeys(app, { token: boss.api_key })).toHaveLength(2)
  })

  test('passes on no more than it has, whatever its creator may have', async () => {
    const boss = await makeKey(app, { token: manager, body })
    const refused = await postKey(app, 'create', {
      token: boss.api_key,
      body: { name: 'k', scopes: ['write'] },
    })
    expect(await refusal(refused)).toEqual([
      400,
      'invalid_scope',
      'The access token does not have the scope write, so it cannot pass it on',
    ])
  })

  test('is the actor in the audit trail, and its creator the client', async () => {
    const boss = await makeKey(app, { token: manager, body })
    const made = await makeKey(app, { token: boss.api_key, body: { name: 'k' } })
    expect(app.events.at(-1)).toMatchObject({ actor: boss.id, client: 'svc', detail: { api_key: made.id } })
    expect(jose.decodeJwt(made.api_key)['client_id']).toBe('svc')
  })

  test('without the scope is refused', async () => {
    const key = await makeKey(app, { token: manager, body: { name: 'k', scopes: ['read'] } })
    expect(await refusal(await listKeys(app, { token: key.api_key }))).toEqual(tooLittle)
  })

  test('may revoke itself, and is then refused', async () => {
    const boss = await makeKey(app, { token: manager, body })
    await revokeKey(app, boss.id, { token: boss.api_key })
    expect(await refusal(await listKeys(app, { token: boss.api_key }))).toEqual([
      401,
      'invalid_token',
      'API key has been revoked',
    ])
  })

  test('may rotate itself without an overlap, and only the new one goes on', async () => {
    const boss = await makeKey(app, { token: manager, body })
    const newer = await rotateKey(app, boss.id, { token: boss.api_key, body: { overlap_seconds: 0 } })
    expect(await refusal(await listKeys(app, { token: boss.api_key }))).toEqual(invalid)
    expect((await listKeys(app, { token: newer.api_key })).status).toBe(200)
  })

  test('of a tenant whose keys cannot have the scope cannot be made', async () => {
    const settings = apiKeySettings({ allowed_scopes: ['read'] })
    const strict = changed(app, {
      tenant: (tenant) => (tenant.id === 'acme' ? { ...tenant, api_keys: settings } : tenant),
    })
    expect((await refusal(await postKey(strict, 'create', { token: manager, body })))[1]).toBe(
      'invalid_scope',
    )
  })
})
