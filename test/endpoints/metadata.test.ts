import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp(`
server: { public_url: 'https://id.example.com/auth' }
tenants:
  acme: { name: Acme, issuer: 'https://acme.example', oauth2: { scopes: { write: W, read: R } } }
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

const methods = ['client_secret_basic', 'client_secret_post']

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
  introspection_endpoint: 'https://id.example.com/auth/api/v1/tenant/acme/oauth/introspect',
  introspection_endpoint_auth_methods_supported: methods,
  revocation_endpoint: 'https://id.example.com/auth/api/v1/tenant/acme/oauth/revoke',
  revocation_endpoint_auth_methods_supported: methods,
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

test('every place that the document names is there', async () => {
  for (const url of [acme.token_endpoint, acme.jwks_uri]) {
    const { pathname } = new URL(url)
    const response = await app.send(pathname.replace('/auth', ''), { method: 'OPTIONS' })
    expect(response.status).toBe(405)
  }
})

/** What a client of OpenID Connect may send, by hand or by a form. */
const authorization = {
  response_type: 'code',
  client_id: 'svc',
  redirect_uri: 'https://evil.example/cb',
  state: 's',
}

test('the authorization endpoint sends nobody anywhere: it supports no response type', async () => {
  const path = '/api/v1/tenant/acme/oauth/authorize'
  const query = new URLSearchParams(authorization)
  const answers = await Promise.all([
    app.send(path),
    app.send(`${path}?${query}`),
    app.send(path, { method: 'POST', body: query }),
  ])
  for (const response of answers) {
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
    expect(await response.text()).toBe(
      '{"error":"unsupported_response_type","error_description":"This server does not sign people in"}',
    )
  }
})

test('the authorization endpoint of a tenant that is unknown, inactive or without oauth2 is not there', async () => {
  for (const tenant of ['unknown', 'closed', 'plain', '%61cme']) {
    const response = await app.send(`/api/v1/tenant/${tenant}/oauth/authorize`)
    expect([response.status, (await response.json()).error]).toEqual([404, 'tenant_not_found'])
  }
})
