import { expect } from 'bun:test'
import { createHash } from 'node:crypto'
import * as jose from 'jose'
import type { Site } from '../support/people/browser.ts'
import {
  asksForDecision,
  asksForPassword,
  authorize,
  decide,
  getWith,
  logIn,
  type PeopleTokens,
  postAs,
  type Returned,
  redeem,
  refresh,
  returned,
  sendCode,
  sendRefresh,
  startAuthorization,
  tenantPath,
  userinfo,
} from '../support/people/flow.ts'
import { ada, newBrowser, signedOutAt, web } from './people-setup.ts'

const tenant = 'acme'
const issuerOf = (site: Site) => `${site.origin}${tenantPath(tenant)}`

/** What a person and a client do with a tenant, from the first visit to the sign-out, by HTTP alone. */
export async function tellPeopleStory(site: Site): Promise<void> {
  const browser = newBrowser(site)
  const first = await signInForTheFirstTime(site, browser)
  const tokens = await redeem(site, tenant, web, first)
  const claims = await checkIdToken(site, first, tokens)
  await checkAccessToken(site, tokens, String(claims.sub))
  const last = await checkRefresh(site, tokens, String(claims.sub))
  await checkSecondTime(browser, site)
  await checkReplay(site, first, last)
  await checkSignOut(browser, site, tokens)
}

type OurBrowser = ReturnType<typeof newBrowser>

async function signInForTheFirstTime(site: Site, browser: OurBrowser): Promise<Returned> {
  const started = startAuthorization(site.origin, tenant, web, { scope: 'openid profile email groups read' })
  const form = await browser.open(started.url)
  expect([form.status, asksForPassword(form)]).toEqual([200, true])
  const again = await logIn(browser, form, { ...ada, password: 'not the password' })
  expect([again.status, asksForPassword(again)]).toEqual([401, true])
  const consent = await logIn(browser, again, ada)
  expect([consent.status, asksForDecision(consent)]).toEqual([200, true])
  expect(consent.text).toContain('Read your things')
  const got = returned(started, await decide(browser, consent))
  expect(got.callback.origin + got.callback.pathname).toBe(web.redirectUri)
  const { state, iss } = Object.fromEntries(got.callback.searchParams)
  expect({ state, iss }).toEqual({ state: started.state, iss: issuerOf(site) })
  return got
}

async function checkIdToken(site: Site, { nonce }: Returned, tokens: PeopleTokens): Promise<jose.JWTPayload> {
  expect(tokens).toMatchObject({
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'openid profile email groups read',
  })
  const jwks = await (
    await site.send(new URL(`${tenantPath(tenant)}/.well-known/jwks.json`, site.origin), {})
  ).json()
  const { payload } = await jose.jwtVerify(tokens.id_token ?? '', jose.createLocalJWKSet(jwks), {
    ...{ issuer: issuerOf(site), audience: web.clientId, typ: 'JWT', algorithms: ['ES256'] },
    currentDate: new Date(Number(jose.decodeJwt(tokens.access_token).iat) * 1000),
  })
  const digest = createHash('sha256').update(tokens.access_token).digest()
  expect(payload).toMatchObject({
    ...{ nonce, email: ada.username, email_verified: true, name: ada.name, groups: ['staff'], amr: ['pwd'] },
    ...{
      at_hash: digest.subarray(0, 16).toString('base64url'),
      auth_time: expect.any(Number),
      sid: expect.any(String),
    },
  })
  expect(payload.sub).not.toContain('ada')
  return payload
}

/** The access token is good for userinfo, the profile, the resource and introspection; the ID token is good for none of them. */
async function checkAccessToken(site: Site, tokens: PeopleTokens, sub: string): Promise<void> {
  const info = await userinfo(site, tenant, tokens.access_token)
  expect(info.status).toBe(200)
  const claims = await info.json()
  expect(claims).toEqual({
    sub,
    email: ada.username,
    email_verified: true,
    name: ada.name,
    groups: ['staff'],
    preferred_username: 'ada',
  })
  const profile = await getWith(site, '/api/v1/user/profile', tokens.access_token)
  expect(await profile.json()).toEqual(claims)
  const resource = await getWith(site, '/api/v1/protected-resource', tokens.access_token)
  expect(await resource.json()).toMatchObject({ sub, client_id: web.clientId })
  expect(await introspect(site, tokens.access_token)).toMatchObject({
    active: true,
    sub,
    client_id: web.clientId,
  })
  for (const path of [
    `${tenantPath(tenant)}/oauth/userinfo`,
    '/api/v1/user/profile',
    '/api/v1/protected-resource',
  ])
    expect([path, (await getWith(site, path, tokens.id_token ?? '')).status]).toEqual([path, 401])
  expect(await introspect(site, tokens.id_token ?? '')).toEqual({ active: false })
}

async function introspect(site: Site, token: string): Promise<unknown> {
  return (await postAs(site, `${tenantPath(tenant)}/oauth/introspect`, web, { token })).json()
}

async function checkRefresh(site: Site, tokens: PeopleTokens, sub: string): Promise<PeopleTokens> {
  const narrow = await refresh(site, tenant, web, tokens.refresh_token ?? '', { scope: 'openid read' })
  expect(narrow).toMatchObject({ scope: 'openid read', expires_in: 3600 })
  expect(narrow.refresh_token).not.toBe(tokens.refresh_token ?? '')
  expect(jose.decodeJwt(narrow.id_token ?? '')).toMatchObject({ sub, aud: web.clientId })
  // The honest retry, as after a lost answer.
  const retry = await refresh(site, tenant, web, tokens.refresh_token ?? '')
  expect(retry.refresh_token).toBe(narrow.refresh_token ?? '')
  const whole = await refresh(site, tenant, web, narrow.refresh_token ?? '')
  expect(whole.scope).toBe('openid profile email groups read')
  return whole
}

/** Signed in and asked once: the browser passes through without a page. */
async function checkSecondTime(browser: OurBrowser, site: Site): Promise<void> {
  const started = startAuthorization(site.origin, tenant, web, { scope: 'openid profile', prompt: 'none' })
  const got = returned(started, await browser.open(started.url))
  expect(got.page.way).toHaveLength(1)
  expect(await redeem(site, tenant, web, got)).toMatchObject({ scope: 'openid profile' })
}

/** A code that comes a second time ends all that came of it, and nothing else. */
async function checkReplay(site: Site, first: Returned, last: PeopleTokens): Promise<void> {
  const replay = await sendCode(site, tenant, web, first)
  expect([replay.status, await replay.json()]).toEqual([
    400,
    { error: 'invalid_grant', error_description: 'Authorization code is invalid or expired' },
  ])
  expect(await introspect(site, last.access_token)).toEqual({ active: false })
  const refused = await sendRefresh(site, tenant, web, last.refresh_token ?? '')
  expect([refused.status, (await refused.json()).error]).toEqual([400, 'invalid_grant'])
}

async function checkSignOut(browser: OurBrowser, site: Site, { id_token = '' }: PeopleTokens): Promise<void> {
  const { code, verifier } = await authorize(browser, { tenant, client: web })
  const tokens = await redeem(site, tenant, web, { code, verifier })
  const url = new URL(`${tenantPath(tenant)}/oauth/logout`, site.origin)
  url.search = new URLSearchParams({
    ...{ id_token_hint: id_token, post_logout_redirect_uri: signedOutAt, state: 'of-the-logout' },
  }).toString()
  const out = await browser.open(url)
  expect(out.leftTo?.href).toBe(`${signedOutAt}?state=of-the-logout`)
  expect((await userinfo(site, tenant, tokens.access_token)).status).toBe(401)
  expect((await sendRefresh(site, tenant, web, tokens.refresh_token ?? '')).status).toBe(400)
  const next = await browser.open(startAuthorization(site.origin, tenant, web).url)
  expect(asksForPassword(next)).toBe(true)
}
