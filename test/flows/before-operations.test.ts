import { expect, test } from 'bun:test'
import kept from '../fixtures/before-operations/facts.json'
import type { Client, Facts, Person } from '../fixtures/before-operations/facts.ts'
import { type Place, runAt, serveAt, withCopyOf } from '../support/kept-state.ts'
import type { Browser, Site } from '../support/people/browser.ts'
import {
  authorize,
  getWith,
  postAs,
  type Relying,
  redeem,
  refresh,
  sendRefresh,
  tenantPath,
  userinfo,
} from '../support/people/flow.ts'
import { newBrowser } from './people-setup.ts'

/** This build on what the one before issue 16 left; see test/fixtures/before-operations. */

const facts = kept as Facts
const origin = 'http://localhost:3000'
const resource = '/api/v1/protected-resource'

const whileServing = (work: (site: Site, place: Place) => Promise<void>) =>
  withCopyOf('before-operations', async (folder) => {
    const place = { folder, at: facts.at + 60_000 }
    await serveAt(place, (url) => {
      const send: Site['send'] = ({ pathname, search }, init) =>
        fetch(`${url}${pathname}${search}`, { ...init, redirect: 'manual' })
      return work({ origin, send }, place)
    })
  })

const login = (site: Site, { tenant, id, secret, scope }: Client) =>
  postAs(
    site,
    `${tenantPath(tenant)}/oauth/token`,
    { clientId: id, secret },
    { grant_type: 'client_credentials', scope },
  )

const statusOf = async (site: Site, token: string) => (await getWith(site, resource, token)).status

const relyingOf = ({ clientId, clientSecret }: Person): Relying => ({
  ...{ clientId, secret: clientSecret },
  redirectUri: 'https://app.example.com/callback',
})

/** The browser as it was, with its cookies. */
function browserOf(site: Site, { cookies }: Person): Browser {
  const browser = newBrowser(site)
  for (const cookie of cookies) browser.jar.plant({ ...cookie, expiresAt: undefined })
  return browser
}

test('tokens, API keys and clients of the build before work, of config.yaml and of the storage', () =>
  whileServing(async (site) => {
    for (const token of [...facts.tokens, facts.apiKey]) expect(await statusOf(site, token)).toBe(200)
    for (const client of facts.clients) {
      const response = await login(site, client)
      expect([client.tenant, response.status]).toEqual([client.tenant, 200])
      expect(await response.json()).toMatchObject({ scope: client.scope })
    }
  }))

test('people stay signed in: their tokens, refresh tokens and browsers', () =>
  whileServing(async (site) => {
    expect(facts.people.map(({ tenant }) => tenant)).toEqual(['acme', 'stored'])
    for (const person of facts.people) {
      const { tenant, name } = person
      const info = await userinfo(site, tenant, person.accessToken)
      expect([info.status, await info.json()]).toEqual([200, expect.objectContaining({ name })])
      const client = relyingOf(person)
      const next = await refresh(site, tenant, client, person.refreshToken)
      expect((await userinfo(site, tenant, next.access_token)).status).toBe(200)
      // No credentials: the session of the browser is enough.
      const code = await authorize(browserOf(site, person), { tenant, client })
      expect((await redeem(site, tenant, client, code)).id_token).toBeString()
      const { username, password } = person
      const fresh = { tenant, client, credentials: { username, password } }
      expect(
        (await redeem(site, tenant, client, await authorize(newBrowser(site), fresh))).id_token,
      ).toBeString()
    }
  }))

test('what was revoked stays revoked: a token, an API key, all tokens of a client, a sign-in and a session', () =>
  whileServing(async (site) => {
    const { token, apiKey, client, person, signedOut } = facts.revoked
    for (const each of [token, apiKey, client.token, person.accessToken])
      expect(await statusOf(site, each)).toBe(401)
    expect((await userinfo(site, person.tenant, person.accessToken)).status).toBe(401)
    expect((await sendRefresh(site, person.tenant, relyingOf(person), person.refreshToken)).status).toBe(400)
    const { tenant } = signedOut
    const way = authorize(browserOf(site, signedOut), { tenant, client: relyingOf(signedOut) })
    await expect(way).rejects.toThrow('No code came back')
  }))

test('its trails are whole, its config.yaml has no fault, and a backup of it can be made and checked', () =>
  withCopyOf('before-operations', async (folder) => {
    const place = { folder, at: facts.at + 60_000 }
    const verified = await runAt(place, ['audit', 'verify'])
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining("The tenant 'acme': ok")])
    expect((await runAt(place, ['check'])).code).toBe(0)
    const file = `${folder}/state.tar`
    expect((await runAt(place, ['backup', '--to', file, '--plain'])).code).toBe(0)
  }))
