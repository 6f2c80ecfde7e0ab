import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type AdminApp, adminConfig, expectRefusal, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
  const body = { id: 'people', name: 'People', oauth2: { scopes: { read: 'R' } }, oidc: {} }
  expect((await app.call('POST', '/tenants', { body })).status).toBe(201)
})
afterAll(() => app.close())

const base = '/tenants/people/clients'
const make = (client_id: string, rest: object) => app.call('POST', base, { body: { client_id, ...rest } })
const change = async (id: string, body: object) => {
  const { etag } = await app.call('GET', `${base}/${id}`)
  return app.call('PATCH', `${base}/${id}`, { body, ifMatch: etag ?? '' })
}

const web = {
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['https://app.example/cb'],
}
const every = {
  ...web,
  redirect_uris: ['https://app.example/cb', 'http://127.0.0.1/cb', 'com.example.app:/cb'],
  post_logout_redirect_uris: ['https://app.example/'],
  backchannel_logout_uri: 'https://app.example/logout',
  allowed_origins: ['https://app.example'],
  require_pkce: false,
  require_pushed_authorization_requests: true,
  consent: 'skip',
  userinfo_signed: true,
}

describe('a client that signs people in', () => {
  test('takes and shows every setting of people, and null brings back the default', async () => {
    const made = await make('web', every)
    expect([made.status, made.body]).toMatchObject([201, { ...every, client_secret: expect.any(String) }])
    expect((await app.call('GET', `${base}/web`)).body).toMatchObject(every)
    const changed = await change('web', { consent: null, require_pkce: null, allowed_origins: null })
    expect(changed.body).toMatchObject({ consent: 'remember', require_pkce: true, allowed_origins: [] })
    expect(changed.body).toMatchObject({ redirect_uris: every.redirect_uris, userinfo_signed: true })
  })

  test('is public with the method none: it has no secret and gets none', async () => {
    const { status, body } = await make('spa', { ...web, token_endpoint_auth_method: 'none' })
    expect([status, body.client_secret, body.secrets]).toEqual([201, undefined, []])
    const { etag } = await app.call('GET', `${base}/spa`)
    expectRefusal(
      await app.call('POST', `${base}/spa/secrets`, { ifMatch: etag ?? '' }),
      409,
      'conflict',
      'The client is public and has no secrets; change its token_endpoint_auth_method first',
    )
  })

  test('loses its secrets when it becomes public, and gets none back by that', async () => {
    await make('turned', web)
    expect((await change('turned', { token_endpoint_auth_method: 'none' })).body.secrets).toEqual([])
    expect((await change('turned', { token_endpoint_auth_method: null })).body.secrets).toEqual([])
  })

  test.each<[string, object, string]>([
    [
      'a redirect URI that is a script',
      { ...web, redirect_uris: ['javascript:alert(1)'] },
      'The field redirect_uris must be a list of an absolute https URL, http on 127.0.0.1, [::1] or localhost, or a private-use scheme with a dot such as com.example.app:/callback, without user and fragment',
    ],
    [
      'an origin with a path',
      { ...web, allowed_origins: ['https://app.example/'] },
      'The field allowed_origins must be a list of an origin such as https://app.example.com: scheme, host and port alone',
    ],
    [
      'no redirect URI',
      { grant_types: ['authorization_code'] },
      'The field redirect_uris is empty, wanted at least one for authorization_code',
    ],
    [
      'a public client that skips consent',
      { ...web, token_endpoint_auth_method: 'none', consent: 'skip' },
      'The field consent is skip, which wants a client with a secret or keys',
    ],
    [
      'a logout URI at a private address',
      { ...web, backchannel_logout_uri: 'http://169.254.169.254/latest' },
      'The field backchannel_logout_uri has a private address, which wants oidc.backchannel_logout_private_addresses: true at the tenant',
    ],
    [
      'a consent that is none',
      { ...web, consent: 'never' },
      'The field consent must be one of remember always skip',
    ],
  ])('with %s is refused', async (_what, settings, sentence) => {
    expectRefusal(await make('refused', settings), 400, 'invalid_request', sentence)
    expect((await app.call('GET', `${base}/refused`)).status).toBe(404)
  })

  test('is refused at a tenant without oidc', async () => {
    const refused = await app.call('POST', '/tenants/acme/clients', { body: { client_id: 'web', ...web } })
    expectRefusal(
      refused,
      400,
      'invalid_request',
      'The field grant_types has a grant that signs people in, which wants oidc at the tenant',
    )
  })

  test('is refused where the server is reached without TLS from other machines', async () => {
    const plain = await startAdminApp({}, `server: { public_url: 'http://id.example' }\n${adminConfig}`)
    const body = { id: 'people', name: 'People', oauth2: {}, oidc: {} }
    expect((await plain.call('POST', '/tenants', { body })).status).toBe(201)
    expectRefusal(
      await plain.call('POST', base, { body: { client_id: 'web', ...web } }),
      400,
      'invalid_request',
      'The field grant_types has a grant that signs people in, which wants https in server.public_url',
    )
    expect((await plain.call('GET', `${base}/web`)).status).toBe(404)
    await plain.close()
  })
})

describe('the settings of a tenant with people', () => {
  const patch = async (body: object) => {
    const { etag } = await app.call('GET', '/tenants/people')
    return app.call('PATCH', '/tenants/people', { body, ifMatch: etag ?? '' })
  }

  test('are changed one by one', async () => {
    const { body } = await patch({ oidc: { session_ttl: 60, sign_in: { accent: '#0b57d0' } } })
    expect(body.oidc).toMatchObject({ session_ttl: 60, session_idle: 7200, sign_in: { accent: '#0b57d0' } })
    const after = await patch({ oidc: { session_ttl: null, sign_in: { title: 'T' } } })
    expect(after.body.oidc).toMatchObject({ session_ttl: 43_200, sign_in: { accent: '#0b57d0', title: 'T' } })
  })

  test.each<[string, object, string]>([
    [
      'a script as a link',
      { sign_in: { terms_url: 'javascript:alert(1)' } },
      'The field oidc.sign_in.terms_url must be an absolute http(s) URL without user and fragment',
    ],
    [
      'a file of the server',
      { sign_in: { logo_file: '/etc/passwd' } },
      'The field oidc.sign_in has a member that is not known',
    ],
    [
      'a color that is none',
      { sign_in: { accent: 'red;}' } },
      'The field oidc.sign_in.accent must be a color such as #0b57d0, in quotes',
    ],
    [
      'claims of an unknown scope',
      { claims: { secret: ['x'] } },
      'The field oidc.claims has a scope that nobody can ask for: wanted one of oauth2.scopes, or of those of OpenID Connect',
    ],
    [
      'a reserved claim',
      { claims: { profile: ['sub'] } },
      'The field oidc.claims has a name that grantd or a standard uses itself',
    ],
    [
      'a claim of ID tokens in access tokens',
      { access_token_claims: ['nonce'] },
      'The field oidc.access_token_claims has a name that grantd or a standard uses itself',
    ],
    [
      'a short password',
      { password: { min_length: 4 } },
      'The field oidc.password.min_length must be a whole number from 8 to 128',
    ],
  ])('are not %s', async (_what, oidc, sentence) => {
    expectRefusal(await patch({ oidc }), 400, 'invalid_request', sentence)
  })

  test('null makes it a tenant without people again, whose clients stay and can be changed', async () => {
    await make('left', web)
    expect((await patch({ oidc: null })).body.oidc).toBeNull()
    expect((await change('left', { name: 'Left' })).body.name).toBe('Left')
    expect((await patch({ oidc: {} })).body.oidc).toMatchObject({ session_ttl: 43_200 })
  })
})
