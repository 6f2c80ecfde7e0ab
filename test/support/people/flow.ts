import { createHash, randomBytes } from 'node:crypto'
import type { Browser, Page, Site } from './browser.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** A client as a program of other people knows it. */
export interface Relying {
  readonly clientId: string
  /** Undefined: a public client. */
  readonly secret?: string
  readonly redirectUri: string
}

/** What an authorization request has besides what every one has. */
export type Parameters = Readonly<Record<string, string>>

/** An authorization request as a library makes it, with what it keeps for later. */
export interface Started {
  readonly url: URL
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** What came back to the redirect URI. */
export interface Returned extends Started {
  readonly page: Page
  readonly callback: URL
  readonly code: string
}

export const tenantPath = (tenant: string) => `/api/v1/tenant/${tenant}`

const random = () => randomBytes(32).toString('base64url')

/** The challenge of a verifier (RFC 7636 section 4.2). */
export const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')

/** The URL that a client sends the browser to; `more` adds parameters, replaces them, and with '' leaves them out. */
export function startAuthorization(
  origin: string,
  tenant: string,
  { clientId, redirectUri }: Relying,
  more: Parameters = {},
): Started {
  const [state, nonce, verifier] = [random(), random(), random()]
  const url = new URL(`${tenantPath(tenant)}/oauth/authorize`, origin)
  const parameters: Parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    state,
    nonce,
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...more,
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== '') url.searchParams.set(name, value)
  return { url, state: more['state'] ?? state, nonce: more['nonce'] ?? nonce, verifier }
}

/** Fills in the login form of a page. */
export function logIn(browser: Browser, page: Page, { username, password }: Credentials): Promise<Page> {
  return browser.submit(page, { username, password })
}

/** Presses a button of the page that asks: consent, sign-out, a device. */
export function decide(browser: Browser, page: Page, decision: 'allow' | 'deny' = 'allow'): Promise<Page> {
  return browser.submit(page, {}, { button: `decision=${decision}` })
}

export const asksForPassword = ({ forms }: Page) =>
  forms.some(({ fields }) => fields.some(({ name }) => name === 'password'))

export const asksForDecision = ({ forms }: Page) =>
  forms.some(({ buttons }) => buttons.some(({ name }) => name === 'decision'))

/** Signs in at the account page of the tenant, without a client. */
export async function signIn(browser: Browser, tenant: string, credentials: Credentials): Promise<Page> {
  const page = await browser.open(`${tenantPath(tenant)}/login`)
  return asksForPassword(page) ? logIn(browser, page, credentials) : page
}

/** Does what the pages ask for until the browser is sent away, or until a page asks for nothing more. */
export async function goOn(browser: Browser, page: Page, credentials?: Credentials): Promise<Page> {
  if (page.leftTo || page.status >= 400) return page
  if (credentials && asksForPassword(page)) return goOn(browser, await logIn(browser, page, credentials))
  return asksForDecision(page) ? goOn(browser, await decide(browser, page), credentials) : page
}

export interface Authorizing {
  readonly tenant: string
  readonly client: Relying
  /** Undefined: the browser is signed in already. */
  readonly credentials?: Credentials
  readonly parameters?: Parameters
}

/** The whole way of a browser to a code. Throws where it ends elsewhere, with what the last page says. */
export async function authorize(
  browser: Browser,
  { tenant, client, credentials, parameters }: Authorizing,
): Promise<Returned> {
  const started = startAuthorization(browser.origin, tenant, client, parameters)
  return returned(started, await goOn(browser, await browser.open(started.url), credentials))
}

/** The code of the page that a browser was sent away from. */
export function returned(started: Started, page: Page): Returned {
  const code = page.leftTo?.searchParams.get('code')
  if (!page.leftTo || !code)
    throw new Error(
      `No code came back: ${page.leftTo ?? `${page.url.pathname} (${page.status}) ${page.text.slice(0, 300)}`}`,
    )
  return { ...started, page, callback: page.leftTo, code }
}

/** What the token endpoint answers to people's grants. */
export interface PeopleTokens {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly scope?: string
  readonly id_token?: string
  readonly refresh_token?: string
}

/** Posts a form as the client: with Basic where it has a secret, else with its id in the form. */
export function postAs(
  site: Site,
  path: string,
  { clientId, secret }: Pick<Relying, 'clientId' | 'secret'>,
  form: Parameters,
): Promise<Response> {
  const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const pair = [clientId, secret ?? ''].map(encodeURIComponent).join(':')
  if (secret !== undefined) headers['Authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
  const body = new URLSearchParams({ ...form, ...(secret === undefined && { client_id: clientId }) })
  return site.send(new URL(path, site.origin), { method: 'POST', headers, body: body.toString() })
}

/** Sends a code to the token endpoint. */
export function sendCode(
  site: Site,
  tenant: string,
  client: Relying,
  { code, verifier }: Pick<Returned, 'code' | 'verifier'>,
): Promise<Response> {
  return postAs(site, `${tenantPath(tenant)}/oauth/token`, client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
    code_verifier: verifier,
  })
}

export function sendRefresh(
  site: Site,
  tenant: string,
  client: Pick<Relying, 'clientId' | 'secret'>,
  refreshToken: string,
  more: Parameters = {},
): Promise<Response> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...more }
  return postAs(site, `${tenantPath(tenant)}/oauth/token`, client, form)
}

/** The tokens of an answer; throws with its body where it is none. */
export async function tokensOf(response: Response): Promise<PeopleTokens> {
  const text = await response.text()
  if (response.status !== 200) throw new Error(`No tokens: ${response.status} ${text}`)
  return JSON.parse(text)
}

/** Trades a code for tokens. */
export async function redeem(
  site: Site,
  tenant: string,
  client: Relying,
  code: Pick<Returned, 'code' | 'verifier'>,
): Promise<PeopleTokens> {
  return tokensOf(await sendCode(site, tenant, client, code))
}

export async function refresh(
  site: Site,
  tenant: string,
  client: Pick<Relying, 'clientId' | 'secret'>,
  refreshToken: string,
  more: Parameters = {},
): Promise<PeopleTokens> {
  return tokensOf(await sendRefresh(site, tenant, client, refreshToken, more))
}

/** GET with a Bearer token. */
export function getWith(site: Site, path: string, token: string): Promise<Response> {
  return site.send(new URL(path, site.origin), { headers: { Authorization: `Bearer ${token}` } })
}

export const userinfo = (site: Site, tenant: string, token: string) =>
  getWith(site, `${tenantPath(tenant)}/oauth/userinfo`, token)
