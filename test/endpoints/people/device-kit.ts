import { expect } from 'bun:test'
import { Browser } from '../../support/people/browser.ts'
import { siteOfApp } from '../../support/people/sites.ts'
import { startTestApp, type TestApp, type TestAppOptions } from '../../support/test-app.ts'

export const tenantUrl = '/api/v1/tenant/acme'
export const grantType = 'urn:ietf:params:oauth:grant-type:device_code'
export const ada = { username: 'ada@example.com', password: 'correct horse battery' }

const deviceConfig = `
tenants:
  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: { audience: [acme-api], scopes: { api:read: Read reports } }
    oidc: {}
    users:
      ada: { email: ada@example.com, email_verified: true, name: Ada Lovelace, password: ${ada.password} }
      bob: { email: bob@example.com, name: Bob, password: ${ada.password} }
    clients:
      tv:
        name: Living-room TV
        token_endpoint_auth_method: none
        grant_types: ['${grantType}', refresh_token]
        scopes: [api:read]
      box:
        secret: box-secret-value
        grant_types: ['${grantType}']
        scopes: [api:read, grantd:admin]
      svc: { secret: svc-secret-value, scopes: [api:read] }
  other:
    name: Other
    signing: { algorithm: ES256 }
    oauth2: {}
    oidc: {}
    users:
      ada: { email: ada@example.com, password: ${ada.password} }
    clients:
      tv: { token_endpoint_auth_method: none, grant_types: ['${grantType}'] }
  plain:
    name: Plain
    oauth2: {}
    clients:
      svc: { secret: plain-secret-value }
`

export interface Codes {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  readonly expires_in: number
  readonly interval: number
}

type Form = Readonly<Record<string, string>>

/** An app in which devices sign in, and what a device and a browser do there. */
export interface DeviceApp {
  readonly app: TestApp
  /** Posts a form to an endpoint below `/oauth/` of a tenant. */
  send(path: string, form: Form | string, headers?: Form, tenant?: string): Promise<Response>
  /** The codes of a device of the client `tv`. */
  start(form?: Form, tenant?: string): Promise<Codes>
  /** Polls as `tv`: the tokens, or the code of the error. */
  poll(codes: Codes, form?: Form, tenant?: string): Promise<Record<string, unknown>>
  browser(): Browser
}

export async function startDeviceApp(options?: TestAppOptions, more = ''): Promise<DeviceApp> {
  const app = await startTestApp(`${more}\n${deviceConfig}`, options)
  const send: DeviceApp['send'] = (path, form, headers = {}, tenant = 'acme') =>
    app.send(`/api/v1/tenant/${tenant}/oauth/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    })
  return {
    app,
    send,
    start: async (form = {}, tenant = 'acme') => {
      const response = await send('device_authorization', { client_id: 'tv', ...form }, {}, tenant)
      const body = await response.json()
      expect(response.status).toBe(200)
      return body
    },
    poll: async ({ device_code }, form = {}, tenant = 'acme') => {
      const request = { client_id: 'tv', grant_type: grantType, device_code, ...form }
      return (await send('token', request, {}, tenant)).json()
    },
    browser: () => new Browser(siteOfApp(app), { now: app.deps.now }),
  }
}
