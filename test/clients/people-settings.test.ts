import { describe, expect, test } from 'bun:test'
import { changeClientSettings, createClientSettings } from '../../src/clients/client-settings.ts'

const tenant = { oauth2: { scopes: { read: 'R' } }, oidc: {} }
const web = { grant_types: ['authorization_code'], redirect_uris: ['https://app.example/cb'] }
const spa = { ...web, token_endpoint_auth_method: 'none' }
const create = (patch: object, of: Parameters<typeof createClientSettings>[2] = tenant) =>
  createClientSettings('app', { ...patch }, of)

describe('a stored client', () => {
  test.each<[string, object, string]>([
    [
      'a script as redirect URI',
      { ...web, redirect_uris: ['javascript:alert(1)'] },
      'The field redirect_uris must be a list of an absolute https URL',
    ],
    [
      'a fragment',
      { ...web, post_logout_redirect_uris: ['https://a.example/#x'] },
      'The field post_logout_redirect_uris must be a list of',
    ],
    [
      'an origin with a path',
      { ...web, allowed_origins: ['https://a.example/'] },
      'The field allowed_origins must be a list of an origin such as',
    ],
    [
      'a logout URI that is none',
      { ...web, backchannel_logout_uri: 'ftp://a.example' },
      'The field backchannel_logout_uri must be an absolute http(s) URL',
    ],
    [
      'no redirect URI',
      { grant_types: ['authorization_code'] },
      'The field redirect_uris is empty, wanted at least one for authorization_code',
    ],
    [
      'a consent that is none',
      { ...web, consent: 'never' },
      'The field consent must be one of remember always skip',
    ],
    [
      'consent skipped for a public client',
      { ...spa, consent: 'skip' },
      'The field consent is skip, which wants a client with a secret or keys',
    ],
    [
      'a public service',
      { token_endpoint_auth_method: 'none' },
      'The field grant_types has client_credentials, which a public client',
    ],
    [
      'a private address',
      { ...web, backchannel_logout_uri: 'http://[::1]/' },
      'The field backchannel_logout_uri has a private address',
    ],
  ])('with %s is refused as in config.yaml', (_what, patch, sentence) => {
    expect(() => create(patch)).toThrow(sentence)
  })

  test('that signs people in wants a tenant with oidc', () => {
    expect(() => create(web, { ...tenant, oidc: null })).toThrow(
      'The field grant_types has a grant that signs people in, which wants oidc at the tenant',
    )
  })

  test('keeps a fault that came by a change of its tenant, and gets no other', () => {
    const client = { ...create(web), created_at: 0, secrets: [] }
    const without = { ...tenant, oidc: null }
    expect(changeClientSettings({ id: 'app', client }, { name: 'New' }, without).name).toBe('New')
    expect(() => changeClientSettings({ id: 'app', client }, { redirect_uris: [] }, without)).toThrow(
      'The field redirect_uris is empty',
    )
  })

  test('may list scopes of people where the tenant has oidc', () => {
    expect(create({ ...web, scopes: ['openid', 'read'] }).scopes).toEqual(['openid', 'read'])
    expect(() => create({ scopes: ['openid'] }, { ...tenant, oidc: null })).toThrow(
      'The field scopes has a scope that the tenant does not have',
    )
  })
})
