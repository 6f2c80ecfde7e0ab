import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp(`
server: { public_url: 'https://id.example.com/auth' }
tenants:
  acme: { name: Acme, issuer: 'https://acme.example', oauth2: { scopes: { write: W, read: R } } }
  outside: { name: Outside, issuer: 'https://id.example.com/outside', oauth2: {}, signing: { algorithm: EdDSA } }
  inside: { name: Inside, issuer: 'https://id.example.com/auth/inside/of', oauth2: {}, signing: { algorithm: EdDSA } }
  same-path: { name: Same path, issuer: 'https://other.example/outside', oauth2: {}, signing: { algorithm: EdDSA } }
  root: { name: Root, issuer: 'https://id.example.com', oauth2: {}, signing: { algorithm: EdDSA } }
  people:
    name: People
    oauth2: { scopes: { read: R, email: E } }
    oidc:
      claims: { profile: [department] }
      sign_in: { terms_url: 'https://people.example/terms', privacy_url: 'https://people.example/privacy' }
    api_keys: {}
    signing: { algorithm: ES256 }
  bare: { name: Bare, oauth2: {}, signing: { algorithm: EdDSA } }
  plain: { name: Without oauth2, oidc: {} }
  closed: { name: Inactive, active: false, oauth2: {} }
`)
})
afterAll(() => app.close())

const names = ['oauth-authorization-server', 'openid-configuration']
const places = (tenant: string) =>
  names.flatMap((name) => [
    `/.well-known/${name}/api/v1/tenant/${tenant}`,
    `/api/v1/tenant/${tenant}/.well-known/${name}`,
  ])

const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
  'Ed25519',
]

const acme = {
  issuer: 'https://acme.example',
  authorization_endpoint: 'https://id.example.com/auth/api/v1/tenant/acme/oauth/authorize',
  token_endpoint: 'https://id.example.com/auth/api/v1/tenant/acme/oauth/token',
  jwks_uri: 'https://id.example.com/auth/api/v1/tenant/acme/.well-known/jwks.json',
  scopes_supported: ['write', 'read'],
  response_types_supported: [],
  grant_types_supported: ['client_credentials'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: methods,
  token_endpoint_auth_signing_alg_values_supported: algorithms,
  introspection_endpoint: 'https://id.example.com/auth/api/v1/tenant/acme/oauth/introspect',
  introspection_endpoint_auth_methods_supported: methods,
  introspection_endpoint_auth_signing_alg_values_supported: algorithms,
  revocation_endpoint: 'https://id.example.com/auth/api/v1/tenant/acme/oauth/revoke',
  revocation_endpoint_auth_methods_supported: methods,
  revocation_endpoint_auth_signing_alg_values_supported: algorithms,
}

describe('the document', () => {
  test('is the same at all places, with absolute URLs of public_url', async () => {
    for (const place of places('acme')) {
      const response = await app.send(place)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(await response.text()).toBe(JSON.stringify(acme))
    }
  })

  test('lists no scopes where there are none, and the default issuer', async () => {
    const base = 'https://id.example.com/auth/api/v1/tenant/bare'
    const { scopes_supported: _, ...rest } = acme
    for (const place of places('bare')) {
      expect(await (await app.send(place)).json()).toEqual({
        ...rest,
        issuer: base,
        authorization_endpoint: `${base}/oauth/authorize`,
        id_token_signing_alg_values_supported: ['EdDSA'],
        token_endpoint: `${base}/oauth/token`,
        jwks_uri: `${base}/.well-known/jwks.json`,
        introspection_endpoint: `${base}/oauth/introspect`,
        revocation_endpoint: `${base}/oauth/revoke`,
      })
    }
  })

  test('comes from the configuration, whatever the request says of the host', async () => {
    const headers = {
      Host: 'evil.example',
      Forwarded: 'host=evil.example;proto=http',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Port': '1',
      'X-Forwarded-Prefix': '/evil',
      'X-Original-Host': 'evil.example',
    }
    for (const place of places('acme')) {
      const response = await app.send(`http://evil.example:1${place}`, { headers })
      expect(await response.json()).toEqual(acme)
    }
    const root = await (await app.send('http://evil.example/', { headers })).text()
    expect(root).not.toContain('evil')
  })

  test('is not there for a tenant that is unknown, inactive or without oauth2', async () => {
    for (const place of ['unknown', 'closed', 'plain', '%61cme'].flatMap(places)) {
      const response = await app.send(place)
      expect(response.status).toBe(404)
      expect(await response.text()).toBe(
        '{"error":"tenant_not_found","error_description":"Tenant not found"}',
      )
    }
  })

  test('may be kept and is 304 to a client that has it', async () => {
    const [first = ''] = places('acme')
    const response = await app.send(first)
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    const etag = response.headers.get('etag') ?? ''
    for (const place of places('acme')) {
      expect((await app.send(place, { headers: { 'If-None-Match': etag } })).status).toBe(304)
    }
  })
})

describe('the document of a tenant with people', () => {
  const base = 'https://id.example.com/auth/api/v1/tenant/people'

  test('has everything that OpenID Connect clients look for, and nothing that is not there', async () => {
    for (const place of places('people')) {
      const document = await (await app.send(place)).json()
      expect(document).toEqual({
        issuer: base,
        authorization_endpoint: `${base}/oauth/authorize`,
        token_endpoint: `${base}/oauth/token`,
        jwks_uri: `${base}/.well-known/jwks.json`,
        scopes_supported: [
          ...['openid', 'profile', 'email', 'address', 'phone', 'groups', 'offline_access'],
          ...['read', 'api-keys:manage'],
        ],
        response_types_supported: ['code'],
        grant_types_supported: [
          ...['client_credentials', 'authorization_code', 'refresh_token'],
          'urn:ietf:params:oauth:grant-type:device_code',
        ],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        token_endpoint_auth_methods_supported: [...methods, 'none'],
        token_endpoint_auth_signing_alg_values_supported: algorithms,
        introspection_endpoint: `${base}/oauth/introspect`,
        introspection_endpoint_auth_methods_supported: methods,
        introspection_endpoint_auth_signing_alg_values_supported: algorithms,
        revocation_endpoint: `${base}/oauth/revoke`,
        revocation_endpoint_auth_methods_supported: [...methods, 'none'],
        revocation_endpoint_auth_signing_alg_values_supported: algorithms,
        userinfo_endpoint: `${base}/oauth/userinfo`,
        end_session_endpoint: `${base}/oauth/logout`,
        pushed_authorization_request_endpoint: `${base}/oauth/par`,
        device_authorization_endpoint: `${base}/oauth/device_authorization`,
        response_modes_supported: ['query', 'form_post'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        require_pushed_authorization_requests: false,
        userinfo_signing_alg_values_supported: ['ES256'],
        claims_supported: expect.arrayContaining([
          ...['iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'amr', 'sid', 'sub'],
          ...[
            'name',
            'picture',
            'updated_at',
            'email',
            'email_verified',
            'address',
            'phone_number',
            'groups',
          ],
        ]),
        claim_types_supported: ['normal'],
        claims_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        require_request_uri_registration: false,
        acr_values_supported: ['1'],
        prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
        ui_locales_supported: ['en', 'de', 'es'],
        op_policy_uri: 'https://people.example/privacy',
        op_tos_uri: 'https://people.example/terms',
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
      })
      expect(new Set(document.claims_supported).size).toBe(document.claims_supported.length)
    }
  })

  test('names no endpoint that is not there', async () => {
    const document: Record<string, unknown> = await (await app.send(places('people')[0] ?? '')).json()
    const urls = Object.values(document).filter((value) => String(value).startsWith(`${base}/`))
    expect(urls.length).toBeGreaterThan(8)
    for (const url of urls) {
      const path = new URL(String(url)).pathname.replace('/auth', '')
      expect([url, (await app.send(path, { method: 'DELETE' })).status]).toEqual([url, 405])
    }
  })
})

describe.each(names)('the place of %s that follows from the issuer', (name) => {
  const place = `/.well-known/${name}`

  test.each([
    ['the default issuer', `${place}/auth/api/v1/tenant/bare`, '/auth/api/v1/tenant/bare'],
    ['an issuer without a path', place, ''],
    ['an issuer outside of the path of public_url', `${place}/outside`, '/outside'],
    ['the same, appended', `/outside${place}`, '/outside'],
    ['an issuer below the path of public_url', `${place}/auth/inside/of`, '/auth/inside/of'],
    ['the same, appended', `/auth/inside/of${place}`, '/auth/inside/of'],
    ['the same behind a proxy that cuts the path off', `/inside/of${place}`, '/auth/inside/of'],
  ])('is served for %s', async (_, path, issuerPath) => {
    const response = await app.send(path)
    expect((await response.json()).issuer).toBe(`https://id.example.com${issuerPath}`)
    const head = await app.send(path, { method: 'HEAD' })
    expect(head.status).toBe(200)
  })

  test('is not there for an issuer of another host, whatever the Host header says', async () => {
    const ask = async (host: string, path: string) => {
      const response = await app.send(`https://${host}${path}`, { headers: { Host: host } })
      return (await response.json()).issuer
    }
    expect(await ask('acme.example', place)).toBe('https://id.example.com')
    expect(await ask('other.example', `${place}/outside`)).toBe('https://id.example.com/outside')
  })

  test('is not there for an unknown, an inactive tenant and one without oauth2, in the same bytes', async () => {
    for (const put of [(path: string) => `${place}${path}`, (path: string) => `${path}${place}`]) {
      const answers = ['unknown', 'closed', 'plain'].map((id) => app.send(put(`/auth/api/v1/tenant/${id}`)))
      const bodies = (await Promise.all(answers)).map(
        async (response) => `${response.status} ${await response.text()}`,
      )
      expect(new Set(await Promise.all(bodies)).size).toBe(1)
      for (const path of ['/nowhere', '/outside/', '/out%73ide']) {
        const response = await app.send(put(path))
        const body = await response.text()
        expect([path, response.status]).toEqual([path, 404])
        expect(body).toBe('{"error":"not_found","error_description":"Path not found"}')
      }
    }
  })

  test('is one route in log and metrics, and leaves every other path to its own error', async () => {
    await app.send(`${place}/outside`)
    expect(app.log.at(-1)).toMatchObject({ route: `/*${place}`, tenant: 'outside' })
    const missing = await app.send('/nothing/here')
    expect([missing.status, (await missing.json()).error]).toEqual([404, 'not_found'])
    expect(app.log.at(-1)?.['route']).toBeUndefined()
    const wrongMethod = await app.send('/api/v1/tenant/bare/oauth/token')
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'OPTIONS, POST'])
    expect((await app.send('/*')).status).toBe(404)
  })
})

test('the algorithms are those of all published keys, that of the signing one first, each once', async () => {
  const jwks = { keys: [{ alg: 'ES256' }, { alg: 'RS256' }, { alg: 'ES256' }] }
  const keyring = Object.create(app.deps.keyring, { of: { value: async () => ({ jwks }) } })
  const rotating = createApp({ ...app.deps, keyring })
  const response = await rotating(new Request(`http://localhost:3000${places('bare')[0]}`))
  expect((await response.json()).id_token_signing_alg_values_supported).toEqual(['ES256', 'RS256'])
})

test('every place that the document names is there', async () => {
  for (const url of Object.values(acme).filter((value) => String(value).includes('/auth/'))) {
    const { pathname } = new URL(String(url))
    const response = await app.send(pathname.replace('/auth', ''), { method: 'DELETE' })
    expect([url, response.status]).toEqual([url, 405])
  }
})

/** What a client of OpenID Connect may send, by hand or by a form. */
const authorization = {
  response_type: 'code',
  client_id: 'svc',
  redirect_uri: 'https://evil.example/cb',
  state: 's',
}

test('the authorization endpoint of a tenant that signs nobody in sends nobody anywhere', async () => {
  const path = '/api/v1/tenant/acme/oauth/authorize'
  const query = new URLSearchParams(authorization)
  const answers = await Promise.all([
    app.send(path),
    app.send(`${path}?${query}`),
    app.send(path, { method: 'POST', body: query }),
  ])
  for (const response of answers) {
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
    expect(await response.text()).toContain('<code>unsupported_response_type</code>')
  }
})

test('the authorization endpoint of a tenant that is unknown, inactive or without oauth2 is not there', async () => {
  for (const tenant of ['unknown', 'closed', 'plain', '%61cme']) {
    const response = await app.send(`/api/v1/tenant/${tenant}/oauth/authorize`)
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('<code>tenant_not_found</code>')
  }
})
