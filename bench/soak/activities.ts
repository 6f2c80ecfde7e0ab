import { Browser, type Site } from '../../test/support/people/browser.ts'
import {
  authorize,
  getWith,
  logIn,
  type PeopleTokens,
  postAs,
  redeem,
  refresh,
  sendCode,
  startAuthorization,
  tenantPath,
  tokensOf,
} from '../../test/support/people/flow.ts'
import { password, peopleCount, redirectUri, secrets, usernameOf } from './config.ts'

/** What one person, service or attacker does once. Throws with what was wrong when an answer is not the one that is due. */
export type Activity = (site: Site, at: number) => Promise<void>

const main = tenantPath('main')
const app = { clientId: 'app', secret: secrets.app }
const web = { clientId: 'web', secret: secrets.web, redirectUri }
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

async function expectStatus(wanted: number | readonly number[], answer: Response): Promise<string> {
  const text = await answer.text()
  if ([wanted].flat().includes(answer.status)) return text
  throw new Error(
    `${new URL(answer.url).pathname} answers ${answer.status}, wanted ${wanted}: ${text.slice(0, 200)}`,
  )
}

const get = (site: Site, path: string) => site.send(new URL(path, site.origin), {})

async function tokenOfApp(site: Site, scope = 'read'): Promise<string> {
  const form = { grant_type: 'client_credentials', scope }
  return (await tokensOf(await postAs(site, `${main}/oauth/token`, app, form))).access_token
}

/** A service: token, check, introspection, revocation, and the check that must fail then. */
const service: Activity = async (site) => {
  const token = await tokenOfApp(site)
  await expectStatus(200, await getWith(site, '/api/v1/protected-resource', token))
  await expectStatus(200, await getWith(site, `${main}/oauth/verify?scope=read&audience=soak-api`, token))
  const introspected = await expectStatus(200, await postAs(site, `${main}/oauth/introspect`, app, { token }))
  if (JSON.parse(introspected).active !== true) throw new Error('A live token is introspected as inactive')
  await expectStatus(200, await postAs(site, `${main}/oauth/revoke`, app, { token }))
  await expectStatus(401, await getWith(site, '/api/v1/protected-resource', token))
}

const documents: Activity = async (site) => {
  for (const path of ['jwks.json', 'openid-configuration', 'oauth-authorization-server'])
    await expectStatus(200, await get(site, `${main}/.well-known/${path}`))
  await expectStatus(200, await get(site, `${main}/strategies`))
  await expectStatus(200, await get(site, '/health/ready'))
}

const apiKeys: Activity = async (site, at) => {
  const token = await tokenOfApp(site, 'api-keys:manage read')
  const post = (path: string, body?: object) =>
    site.send(new URL(path, site.origin), {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
  const made = await expectStatus(
    [200, 201],
    await post(`${main}/api-keys/create`, { name: `soak ${at}`, scopes: ['read'], expires_in_days: 1 }),
  )
  const { id, api_key: key } = JSON.parse(made)
  await expectStatus(200, await getWith(site, '/api/v1/protected-resource', key))
  await expectStatus([200, 204], await post(`${main}/api-keys/${id}/revoke`))
  await expectStatus(401, await getWith(site, '/api/v1/protected-resource', key))
}

/** The browser of each person at work, by its username. */
const browsers = new Map<string, Browser>()

/** A person signs in at a web app, which refreshes and asks userinfo, comes back to it some times, and signs out, always in one browser. */
const person: Activity = async (site, at) => {
  const credentials = { username: usernameOf(at % peopleCount), password }
  const browser = browsers.get(credentials.username) ?? new Browser(site)
  browsers.set(credentials.username, browser)
  let last: PeopleTokens | undefined
  for (let visit = 0; visit < 10; visit++) {
    const code = await authorize(browser, {
      tenant: 'main',
      client: web,
      ...(visit === 0 && { credentials }),
    })
    const tokens = await redeem(site, 'main', web, code)
    await expectStatus(200, await getWith(site, `${main}/oauth/userinfo`, tokens.access_token))
    last = await refresh(site, 'main', web, tokens.refresh_token ?? '')
  }
  await browser.open(`${main}/oauth/logout?id_token_hint=${last?.id_token}`)
  await expectStatus(401, await getWith(site, `${main}/oauth/userinfo`, last?.access_token ?? ''))
}

/** A person who goes away: session, code and refresh token are left to expire. */
const leaver: Activity = async (site, at) => {
  const credentials = { username: usernameOf(at % peopleCount), password }
  const code = await authorize(new Browser(site), { tenant: 'main', client: web, credentials })
  if (at % 2 === 0) await redeem(site, 'main', web, code)
}

/** A code that is used twice: the second use ends what the first one got. */
const replay: Activity = async (site, at) => {
  const credentials = { username: usernameOf(at % peopleCount), password }
  const code = await authorize(new Browser(site), { tenant: 'main', client: web, credentials })
  const { access_token } = await redeem(site, 'main', web, code)
  await expectStatus(400, await sendCode(site, 'main', web, code))
  await expectStatus(401, await getWith(site, `${main}/oauth/userinfo`, access_token))
}

const device: Activity = async (site) => {
  const asked = await expectStatus(
    200,
    await postAs(site, `${main}/oauth/device_authorization`, web, { scope: 'openid' }),
  )
  const { device_code } = JSON.parse(asked)
  await expectStatus(
    400,
    await postAs(site, `${main}/oauth/token`, web, { grant_type: deviceGrant, device_code }),
  )
}

/** Wrong secrets, wrong passwords, requests of nonsense and of huge sizes, interactions that nobody goes on with. */
const attacker: Activity = async (site, at) => {
  const refused = [400, 401, 413, 429, 503]
  const wrong = { clientId: at % 2 === 0 ? 'app' : `nobody-${at}`, secret: 'wrong' }
  await expectStatus(
    refused,
    await postAs(site, `${main}/oauth/token`, wrong, { grant_type: 'client_credentials' }),
  )
  await expectStatus(401, await getWith(site, '/api/v1/protected-resource', `eyJ.${at}.x`))
  await expectStatus(404, await get(site, `/api/v1/tenant/none-${at}/strategies`))
  await expectStatus(
    refused,
    await postAs(site, `${main}/oauth/token`, app, {
      grant_type: 'x',
      scope: 'y'.repeat(at % 5 === 0 ? 70_000 : 7),
    }),
  )
  if (at % 100 !== 0) return
  const browser = new Browser(site)
  const form = await browser.open(startAuthorization(site.origin, 'main', web).url)
  if (form.status !== 200) return
  const { status } = await logIn(browser, form, { username: `stranger-${at}@example.com`, password: 'wrong' })
  if (!refused.includes(status)) throw new Error(`A wrong password is answered ${status}`)
}

/** An admin makes a tenant with a client and a person, and deletes it; it also rotates a key. */
const admin: Activity = async (site, at) => {
  const form = { grant_type: 'client_credentials', scope: 'grantd:admin' }
  const root = { clientId: 'root', secret: secrets.admin }
  const { access_token } = await tokensOf(await postAs(site, `${tenantPath('ops')}/oauth/token`, root, form))
  const ask = (method: string, path: string, body?: object, more: Record<string, string> = {}) =>
    site.send(new URL(`/api/v1/admin${path}`, site.origin), {
      method,
      headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json', ...more },
      ...(body && { body: JSON.stringify(body) }),
    })
  const id = `soak-${at}`
  const tenant = { id, name: id, oauth2: {}, oidc: {}, signing: { algorithm: 'ES256' } }
  await expectStatus(201, await ask('POST', '/tenants', tenant))
  const made = await expectStatus(201, await ask('POST', `/tenants/${id}/clients`, { client_id: 'one' }))
  await expectStatus(201, await ask('POST', `/tenants/${id}/users`, { email: 'ada@example.com' }))
  const own = { clientId: 'one', secret: JSON.parse(made).client_secret }
  const path = `${tenantPath(id)}/oauth/token`
  await tokensOf(await postAs(site, path, own, { grant_type: 'client_credentials' }))
  await expectStatus(200, await ask('GET', `/tenants/${id}/audit`))
  const { headers } = await ask('GET', `/tenants/${id}`)
  const match = { 'If-Match': headers.get('etag') ?? '' }
  await expectStatus(200, await ask('PATCH', `/tenants/${id}`, { active: false }, match))
  await expectStatus([200, 204], await ask('DELETE', `/tenants/${id}`))
  await expectStatus(404, await postAs(site, path, own, { grant_type: 'client_credentials' }))
}

/**
 * How many loops of each are at work at once, and how long after the beginning of a turn the next one begins (ms): long enough for a busy
 * machine, because a rate that changes changes the size of the database too. What a page leaves behind is kept for an hour, and a known
 * browser for a year, so few sign in by password, and come back often with their session.
 */
export const activities: Readonly<Record<string, { readonly run: Activity; loops: number; every: number }>> =
  {
    service: { run: service, loops: 4, every: 250 },
    documents: { run: documents, loops: 1, every: 250 },
    // Keys live a day at least, so their rows stay in the soak: there are few of them.
    apiKeys: { run: apiKeys, loops: 1, every: 10_000 },
    person: { run: person, loops: 1, every: 6000 },
    leaver: { run: leaver, loops: 1, every: 6000 },
    replay: { run: replay, loops: 1, every: 6000 },
    device: { run: device, loops: 1, every: 1000 },
    attacker: { run: attacker, loops: 2, every: 250 },
    // What ends all tokens of a tenant that is deleted stays for good.
    admin: { run: admin, loops: 1, every: 10_000 },
  }
