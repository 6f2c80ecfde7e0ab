import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { issuer, origin, type Suite, startSuite } from './conformance-kit.ts'

let suite: Suite
let metadata: Record<string, unknown>
beforeAll(async () => {
  suite = await startSuite()
  metadata = await (await suite.get('/.well-known/openid-configuration')).json()
})
afterAll(() => suite.app.close())

/** The members that RFC 8414, OpenID Connect Discovery and their extensions have registered and that we use. */
const registered = [
  ...['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri', 'scopes_supported'],
  ...[
    'response_types_supported',
    'response_modes_supported',
    'grant_types_supported',
    'subject_types_supported',
  ],
  ...['id_token_signing_alg_values_supported', 'userinfo_signing_alg_values_supported', 'userinfo_endpoint'],
  ...['token_endpoint_auth_methods_supported', 'token_endpoint_auth_signing_alg_values_supported'],
  ...['introspection_endpoint', 'introspection_endpoint_auth_methods_supported'],
  ...['introspection_endpoint_auth_signing_alg_values_supported', 'revocation_endpoint'],
  ...['revocation_endpoint_auth_methods_supported', 'revocation_endpoint_auth_signing_alg_values_supported'],
  ...['end_session_endpoint', 'pushed_authorization_request_endpoint', 'device_authorization_endpoint'],
  ...['code_challenge_methods_supported', 'authorization_response_iss_parameter_supported'],
  ...['require_pushed_authorization_requests', 'claims_supported', 'claim_types_supported'],
  ...['claims_parameter_supported', 'request_parameter_supported', 'request_uri_parameter_supported'],
  ...['require_request_uri_registration', 'acr_values_supported', 'prompt_values_supported'],
  ...['ui_locales_supported', 'backchannel_logout_supported', 'backchannel_logout_session_supported'],
]

describe('discovery', () => {
  test('is JSON at the issuer, and what it says is what a basic provider has to say', async () => {
    const response = await suite.get('/.well-known/openid-configuration')
    expect([response.status, response.headers.get('content-type')?.split(';')[0]]).toEqual([
      200,
      'application/json',
    ])
    expect(metadata).toMatchObject({
      ...{ issuer, response_types_supported: ['code'], subject_types_supported: ['public'] },
      ...{
        id_token_signing_alg_values_supported: ['RS256'],
        userinfo_signing_alg_values_supported: ['RS256'],
      },
      ...{ code_challenge_methods_supported: ['S256'], claims_parameter_supported: true },
      ...{ request_parameter_supported: false, request_uri_parameter_supported: false },
    })
    const has = (name: string, ...values: string[]) =>
      expect(metadata[name]).toEqual(expect.arrayContaining(values))
    has('scopes_supported', 'openid', 'profile', 'email', 'address', 'phone', 'offline_access')
    has('claims_supported', 'sub', 'name', 'email')
    has('grant_types_supported', 'authorization_code', 'refresh_token')
    has('token_endpoint_auth_methods_supported', 'client_secret_basic', 'client_secret_post')
  })

  test('has no member that nobody has registered', () => {
    expect(Object.keys(metadata).filter((name) => !registered.includes(name))).toEqual([])
  })

  test('has endpoints at https alone, and no empty list', () => {
    for (const [name, value] of Object.entries(metadata)) {
      if (/_(?:endpoint|uri)$/.test(name))
        expect([name, String(value).startsWith(`${origin}/`)]).toEqual([name, true])
      if (Array.isArray(value)) expect([name, value.length > 0]).toEqual([name, true])
    }
  })

  test('has scopes and languages of the right form', () => {
    for (const scope of [metadata['scopes_supported']].flat())
      expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
    const locales = [metadata['ui_locales_supported']].flat().map(String)
    expect(Intl.getCanonicalLocales(locales)).toEqual(locales)
  })

  test('has public keys alone, each with a name of its own', async () => {
    const { keys } = await (await suite.get('/.well-known/jwks.json')).json()
    const shapes = keys.map((key: object) => Object.keys(key).sort().join(' '))
    expect(shapes).toEqual(keys.map(() => 'alg e kid kty n use'))
    expect(new Set(keys.map(({ kid }: { kid: string }) => kid)).size).toBe(keys.length)
    for (const { n, e } of keys) for (const text of [n, e]) expect(text).toMatch(/^[\w-]+$/)
  })

  test('has what both plans about sign-out want', () => {
    expect(metadata).toMatchObject({
      end_session_endpoint: `${issuer}/oauth/logout`,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    })
  })
})
