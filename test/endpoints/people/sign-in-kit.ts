import { expect } from 'bun:test'
import { Browser, type Page } from '../../support/people/browser.ts'
import {
  type Authorizing,
  asksForPassword,
  type Credentials,
  challengeOf,
  decide,
  logIn,
  type Parameters,
  type Relying,
  type Returned,
  redeem,
  type Started,
  startAuthorization,
} from '../../support/people/flow.ts'
import { siteOfApp } from '../../support/people/sites.ts'
import { startTestApp, type TestApp, type TestAppOptions } from '../../support/test-app.ts'

export const ada: Credentials = { username: 'ada@example.com', password: 'correct horse battery' }
export const bob: Credentials = { username: 'bob', password: 'staple for the battery' }
export const acmeUrl = '/api/v1/tenant/acme'
export const acmeIssuer = 'http://localhost:3000/api/v1/tenant/acme'

export const signInConfig = `
tenants:
  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: { audience: [acme-api], scopes: { api:read: Read reports, api:write: Write reports } }
    oidc: {}
    users:
      ada: { email: ada@example.com, email_verified: true, name: Ada Lovelace, password: ${ada.password}, groups: [staff] }
      bob: { email: bob@example.com, name: Bob, password: ${bob.password} }
      gone: { email: gone@example.com, active: false, password: ${ada.password} }
    clients:
      web:
        name: Web shop
        secret: web-secret-value
        grant_types: [authorization_code, refresh_token]
        scopes: [api:read, api:write]
        redirect_uris: [https://app.example/cb, 'https://app.example/cb?tenant=1', http://127.0.0.1/native, 'http://[::1]/native', http://localhost:8080/cb]
      first:
        name: First party
        secret: first-secret-value
        grant_types: [authorization_code]
        redirect_uris: [https://first.example/cb]
        consent: skip
      careful:
        secret: careful-secret-value
        grant_types: [authorization_code]
        redirect_uris: [https://careful.example/cb]
        consent: always
      spa:
        name: Single page
        token_endpoint_auth_method: none
        grant_types: [authorization_code, refresh_token]
        redirect_uris: [https://spa.example/cb]
      native:
        name: Native
        token_endpoint_auth_method: none
        grant_types: [authorization_code]
        redirect_uris: ['com.example.app:/cb', http://127.0.0.1/native, 'http://[::1]/native', http://localhost:5173/cb]
      old:
        secret: old-secret-value
        grant_types: [authorization_code]
        redirect_uris: [https://old.example/cb]
        require_pkce: false
      pushing:
        secret: pushing-secret-value
        grant_types: [authorization_code]
        redirect_uris: [https://pushing.example/cb]
        require_pushed_authorization_requests: true
      idle:
        secret: idle-secret-value
        grant_types: [authorization_code]
        redirect_uris: [https://idle.example/cb]
        active: false
  other:
    name: Other
    signing: { algorithm: ES256 }
    oauth2: {}
    oidc: {}
    users:
      ada: { email: ada@example.com, password: ${ada.password} }
    clients:
      web: { secret: other-secret-value, grant_types: [authorization_code], redirect_uris: [https://app.example/cb] }
`

export const web: Relying = {
  clientId: 'web',
  secret: 'web-secret-value',
  redirectUri: 'https://app.example/cb',
}
export const first: Relying = {
  clientId: 'first',
  secret: 'first-secret-value',
  redirectUri: 'https://first.example/cb',
}
export const careful: Relying = {
  clientId: 'careful',
  secret: 'careful-secret-value',
  redirectUri: 'https://careful.example/cb',
}
export const spa: Relying = { clientId: 'spa', redirectUri: 'https://spa.example/cb' }

/** An app in which people sign in, and what a browser does there. */
export interface SignInApp {
  readonly app: TestApp
  browser(): Browser
  /** Opens an authorization request. */
  start(browser: Browser, client?: Relying, more?: Parameters): Promise<Started & { readonly page: Page }>
  /** A browser in which the person is signed in and has allowed `web` openid, profile and email. */
  signedIn(credentials?: Credentials): Promise<Browser>
  /** The claims of the ID token of a code. */
  idToken(code: Pick<Returned, 'code' | 'verifier'>, client?: Relying): Promise<Record<string, unknown>>
}

export async function startSignInApp(options?: TestAppOptions, config = signInConfig): Promise<SignInApp> {
  const app = await startTestApp(config, options)
  const site = siteOfApp(app)
  const browser = () => new Browser(site, { now: app.deps.now })
  const start: SignInApp['start'] = async (from, client = web, more = {}) => {
    const started = startAuthorization(from.origin, 'acme', client, more)
    return { ...started, page: await from.open(started.url) }
  }
  return {
    app,
    browser,
    start,
    signedIn: async (credentials = ada) => {
      const made = browser()
      const { page } = await start(made)
      const asked = await logIn(made, page, credentials)
      codeOf(await decide(made, asked))
      return made
    },
    idToken: async (code, client = web) => {
      const { id_token } = await redeem(site, 'acme', client, code)
      return JSON.parse(Buffer.from(id_token?.split('.')[1] ?? '', 'base64url').toString())
    },
  }
}

/** The parameters with which the browser was sent to the client; fails where it was not sent away. */
export function answerOf({ leftTo, url, status, text }: Page): Record<string, string> {
  if (!leftTo) throw new Error(`Not sent away: ${url.pathname} (${status}) ${text.slice(0, 200)}`)
  return Object.fromEntries(leftTo.searchParams)
}

/** The code of an answer. */
export function codeOf(page: Page): string {
  const { code, ...rest } = answerOf(page)
  if (code === undefined) throw new Error(`No code: ${JSON.stringify(rest)}`)
  expect(code).toMatch(/^[\w-]{43}$/)
  return code
}

/** What the person is in front of. */
export function whereIs(page: Page): string {
  const { leftTo, url, status } = page
  if (leftTo) return leftTo.searchParams.get('error') ?? (leftTo.searchParams.has('code') ? 'code' : 'away')
  if (status !== 200) return String(status)
  return asksForPassword(page) ? 'login' : (url.pathname.split('/').at(-1) ?? '')
}

export type { Authorizing }
export { challengeOf }
