import { expect } from 'bun:test'
import { createHash, randomBytes } from 'node:crypto'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { opsYaml } from '../admin/admin-app.ts'
import { Browser } from '../support/people/browser.ts'
import { authorize, type Relying, type Returned, redeem } from '../support/people/flow.ts'
import { siteOfApp } from '../support/people/sites.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

const password = 'correct horse battery'
export const ada = { username: 'ada@example.com', password }
export const bob = { username: 'bob', password }
const people = '[authorization_code, refresh_token]'

/** One server for all causes. */
const causesConfig = (keys: readonly object[]) => `${opsYaml}  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: { audience: [acme-api], scopes: { api:read: Read, api:write: Write } }
    oidc: {}
    api_keys: { allowed_scopes: [api:read] }
    users:
      ada: { sub: ada, email: ${ada.username}, password: ${password} }
      bob: { password: ${password} }
      gone: { active: false, password: ${password} }
    clients:
      svc: { secret: svc-secret-value, scopes: [api:read, api-keys:manage], resources: ['https://api.example'] }
      asks: { secret: asks-secret-value, introspect: true }
      idle: { secret: idle-secret-value, active: false }
      signs: { token_endpoint_auth_method: private_key_jwt, jwks: { keys: ${JSON.stringify(keys)} }, scopes: [api:read] }
      rotating:
        secrets:
          - { id: old, hash: "sha256:${createHash('sha256').update('old-secret-value').digest('hex')}", expires_at: 2029-12-31T00:00:00Z }
          - { id: new, hash: "sha256:${'b'.repeat(64)}" }
      basic: { secret: basic-secret-value, token_endpoint_auth_method: client_secret_basic }
      web: { secret: web-secret-value, grant_types: ${people}, scopes: [api:read], redirect_uris: [https://app.example/cb, https://app.example/other] }
      other-web: { secret: other-web-secret, grant_types: ${people}, redirect_uris: [https://other.example/cb] }
      first: { secret: first-secret-value, grant_types: [authorization_code], consent: skip, redirect_uris: [https://first.example/cb] }
      spa: { token_endpoint_auth_method: none, grant_types: ${people}, redirect_uris: [https://spa.example/cb] }
      pushing: { secret: pushing-secret-value, grant_types: [authorization_code], redirect_uris: [https://pushing.example/cb], require_pushed_authorization_requests: true }
  other:
    name: Other
    signing: { algorithm: ES256 }
    oauth2: { audience: [other-api] }
    clients:
      svc: { secret: other-secret-value }
  asleep:
    name: Asleep
    active: false
    oauth2: {}
`

export const web: Relying = {
  clientId: 'web',
  secret: 'web-secret-value',
  redirectUri: 'https://app.example/cb',
}
export const svc = { client_id: 'svc', client_secret: 'svc-secret-value' }

/** What a cause of a refusal has to work with. */
export interface World {
  readonly app: TestApp
  /** The headers that give a request its id. */
  readonly tagged: Readonly<Record<string, string>>
  readonly site: ReturnType<typeof siteOfApp>
  browser(): Browser
  /** A code of `web` for ada. */
  code(): Promise<Returned>
  /** Posts a form to the token endpoint of acme, with the id of the request. */
  ask(form: Readonly<Record<string, string>>, headers?: Record<string, string>): Promise<Response>
  /** GET or POST with the id of the request. */
  send(path: string, init?: RequestInit): Promise<Response>
  refreshToken(): Promise<string>
}

export async function startWorld(keys: readonly object[]): Promise<{
  readonly app: TestApp
  world(id: string): World
  close(): Promise<void>
}> {
  const app = await startTestApp(causesConfig(keys), { storage: createMemoryStorage() })
  const site = siteOfApp(app)
  const browser = () => new Browser(site, { now: app.deps.now })
  const code = () => authorize(browser(), { tenant: 'acme', client: web, credentials: ada, parameters: {} })
  const world = (id: string): World => {
    const tagged = { 'X-Request-Id': id }
    return {
      ...{ app, tagged, site, browser, code },
      ask: (form, headers = {}) => app.post('acme', form, { ...tagged, ...headers }),
      send: (path, init = {}) => app.send(path, { ...init, headers: { ...tagged, ...init.headers } }),
      refreshToken: async () => {
        const { refresh_token } = await redeem(site, 'acme', web, await code())
        if (refresh_token === undefined) throw new Error('No refresh token came')
        return refresh_token
      },
    }
  }
  return { app, world, close: () => app.close() }
}

/** Posts to the admin API as the admin of the server. */
export async function asRoot({ app }: Pick<World, 'app'>, path: string, body?: object): Promise<Response> {
  const headers = {
    Authorization: `Bearer ${await rootToken(app)}`,
    ...(body && { 'Content-Type': 'application/json' }),
  }
  const init = { method: 'POST', headers, ...(body && { body: JSON.stringify(body) }) }
  const response = await app.send(`/api/v1/admin${path}`, init)
  expect([path, response.ok]).toEqual([path, true])
  return response
}

const rootToken = (app: TestApp) =>
  app.token('ops', { client_id: 'root', client_secret: 'root-secret-value', scope: 'grantd:admin' })

/** The refusals of a request, as the admin of the server sees them. */
export async function explain(app: TestApp, id: string): Promise<readonly Record<string, string>[]> {
  const headers = { Authorization: `Bearer ${await rootToken(app)}` }
  const response = await app.send(`/api/v1/admin/requests/${id}`, { headers })
  const body = await response.json()
  expect([id, response.status, body.error_description]).toEqual([id, 200, undefined])
  return body.refusals
}

export const basicOf = (id: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

export const random = () => randomBytes(32).toString('base64url')
