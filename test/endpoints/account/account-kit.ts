import { openBrowser, setSessionCookie } from '../../../src/http/browser/cookies.ts'
import { signJwt } from '../../../src/keys/jwt.ts'
import { createPerson } from '../../../src/management/people/create-person.ts'
import { resetPerson } from '../../../src/management/people/reset-person.ts'
import { noteClient, startSession } from '../../../src/sessions/sessions.ts'
import { findSignedIn } from '../../../src/sessions/signed-in.ts'
import type { Tenant } from '../../../src/tenants/tenant.ts'
import { createNetwork } from '../../logout/logout-kit.ts'
import { Browser, type Page } from '../../support/people/browser.ts'
import { signIn } from '../../support/people/flow.ts'
import { siteOfApp } from '../../support/people/sites.ts'
import { startTestApp, type TestApp, testStart } from '../../support/test-app.ts'

export const password = 'a long enough password'
/** Cheap, because no test is about its cost. */
const hash = await Bun.password.hash(password, { algorithm: 'argon2id', memoryCost: 1024, timeCost: 1 })
export const path = '/api/v1/tenant/acme'
export const logoutPath = `${path}/oauth/logout`

const tenantOf = (id: string) => `
  ${id}:
    name: ${id === 'acme' ? 'Acme' : 'Other'}
    signing: { algorithm: ES256 }
    oauth2: { scopes: { 'api:read': Read access } }
    oidc: {}
    users:
      eve: { email: eve@example.com, name: Eve <b>, password_hash: '${hash}' }
    clients:
      web:
        name: Web <App>
        secret: web-secret-value-0123456789
        grant_types: [authorization_code, refresh_token]
        scopes: [api:read]
        redirect_uris: [https://web.example.com/callback]
        post_logout_redirect_uris:
          - https://web.example.com/bye
          - https://web.example.com/bye?from=idp
          - com.example.app:/bye
          - http://127.0.0.1:3000/bye
        backchannel_logout_uri: https://web.example.com/logout
      shop:
        secret: shop-secret-value-0123456789
        grant_types: [authorization_code]
        redirect_uris: [https://shop.example.com/callback]
        backchannel_logout_uri: https://shop.example.com/logout
      closed:
        active: false
        secret: closed-secret-value-0123456789
        grant_types: [authorization_code]
        redirect_uris: [https://closed.example.com/callback]
        post_logout_redirect_uris: [https://closed.example.com/bye]
`

/** Two tenants with one configured person each; `ada` of acme is stored. */
export async function startAccounts() {
  const network = createNetwork()
  const app = await startTestApp(`tenants:\n${tenantOf('acme')}${tenantOf('other')}`, {
    outbound: network.outbound,
  })
  const tenant = await app.deps.tenants.find('acme')
  if (!tenant) throw new Error('There is no tenant acme')
  const person = { patch: { email: 'ada@example.com', name: 'Ada Lovelace' }, passwordHash: hash }
  const actor = { name: 'shell' }
  const { row } = await createPerson({ person, actor }, tenant, app.deps)
  const link = await resetPerson({ sub: row.id, actor }, tenant, app.deps)
  return { app, network, tenant, sub: row.id, link: new URL(link.url) }
}

export type Accounts = Awaited<ReturnType<typeof startAccounts>>

/** A browser that knows nobody; `origin` is how it reaches the server. */
export function newBrowser({ app }: Pick<Accounts, 'app'>): Browser {
  return new Browser(siteOfApp(app), { now: app.deps.now })
}

/** A browser in which a person is signed in: ada, or eve of config.yaml. No password is checked, which takes long. */
export async function signedIn(of: Accounts, name: 'ada' | 'eve' = 'ada'): Promise<Browser> {
  const { app, tenant, sub } = of
  const { deps } = app
  const eve = await deps.people.of(tenant).findByUsername('eve')
  const browser = newBrowser(of)
  const headers = new Headers()
  openBrowser(new Request(browser.origin), headers, { tenant, deps })
  const person = { sub: name === 'ada' ? sub : (eve?.sub ?? '') }
  const signIn = { tenant, person, authTime: testStart / 1000, amr: ['pwd'], userAgent: 'Firefox' }
  setSessionCookie(headers, (await startSession(signIn, deps)).cookie, { tenant, deps })
  browser.jar.take(new URL(browser.origin), headers)
  return browser
}

/** Signs in with the form. */
export async function logIn(of: Accounts, username: string, chosen = password) {
  const browser = newBrowser(of)
  return { browser, page: await signIn(browser, 'acme', { username, password: chosen }) }
}

/** The session of a browser, as the server sees it; undefined: it is signed out. */
export async function sessionOf({ app, tenant }: Accounts, browser: Browser) {
  const url = new URL('http://localhost:3000/')
  const found = browser.jar
    .for({ url, method: 'GET', isCrossSite: false })
    .find(({ name }) => /^grantd-[0-9a-f]{8}$/.test(name))
  return (await findSignedIn(found?.value, tenant, app.deps))?.session
}

/** Notes that clients got codes in the session of the browser. */
export async function giveCodes(of: Accounts, browser: Browser, ...clients: readonly string[]) {
  const session = await sessionOf(of, browser)
  if (!session) throw new Error('The browser is not signed in')
  for (const clientId of clients) await noteClient('acme', { sid: session.sid, clientId }, of.app.deps)
  return session
}

/** An ID token as the tenant signs it. */
export async function idTokenOf(
  { app, tenant }: { app: TestApp; tenant: Tenant },
  claims: Readonly<Record<string, unknown>>,
  typ = 'JWT',
): Promise<string> {
  const { active: key } = await app.deps.keyring.of(tenant.id, tenant.generation)
  const now = testStart / 1000
  const usual = { iss: tenant.issuer, aud: 'web', iat: now, exp: now + 3600, auth_time: now }
  return signJwt({ ...usual, ...claims }, { key, typ })
}

/** The one heading of a page. */
export function headingOf({ body }: Page): string {
  return /<h1[^>]*>(.*?)<\/h1>/s.exec(body)?.[1] ?? ''
}
