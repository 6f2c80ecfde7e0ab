import { describe, expect, test } from 'bun:test'
import kept from '../fixtures/before-people/facts.json'
import type { Client, Facts } from '../fixtures/before-people/facts.ts'
import { type Place, runAt, serveAt, withCopyOf } from '../support/kept-state.ts'
import type { Site } from '../support/people/browser.ts'
import {
  authorize,
  getWith,
  postAs,
  type Relying,
  redeem,
  refresh,
  tenantPath,
  userinfo,
} from '../support/people/flow.ts'
import { newBrowser } from './people-setup.ts'

/** This build on what the last one before people left; see test/fixtures/before-people. */

const facts: Facts = kept
const origin = 'http://localhost:3000'
const password = 'the password of the first person'

const whileServing = (work: (site: Site, place: Place) => Promise<void>) =>
  withCopyOf('before-people', async (folder) => {
    const place = { folder, at: facts.at + 60_000 }
    await serveAt(place, (url) =>
      work(
        {
          origin,
          send: ({ pathname, search }, init) =>
            fetch(`${url}${pathname}${search}`, { ...init, redirect: 'manual' }),
        },
        place,
      ),
    )
  })

function login(site: Site, { tenant, id, secret, scope }: Client): Promise<Response> {
  const form = { grant_type: 'client_credentials', scope }
  return postAs(site, `${tenantPath(tenant)}/oauth/token`, { clientId: id, secret }, form)
}

/** A call of the admin API; `body` makes it a POST. */
async function admin(site: Site, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const [root] = facts.clients
  if (!root) throw new TypeError('The fixture has no administrator')
  const { access_token } = await (await login(site, root)).json()
  const response = await site.send(new URL(`/api/v1/admin${path}`, site.origin), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`)
  return answer
}

async function strategiesOf(site: Site, tenant: string): Promise<string[]> {
  const response = await site.send(new URL(`${tenantPath(tenant)}/strategies`, site.origin), {})
  const { strategies } = await response.json()
  return strategies.map(({ name }: { name: string }) => name)
}

/** A person and a client that the admin API makes in `tenant`: she chooses a password by the link, and signs in. */
async function getPeople(site: Site, tenant: string): Promise<void> {
  const redirectUri = 'https://app.example.com/callback'
  const made = await admin(site, `/tenants/${tenant}/clients`, {
    ...{ client_id: 'web', scopes: [], redirect_uris: [redirectUri] },
    grant_types: ['authorization_code', 'refresh_token'],
  })
  const person = await admin(site, `/tenants/${tenant}/users`, { email: 'ada@example.com', name: 'Ada' })
  const browser = newBrowser(site)
  const chosen = await browser.submit(await browser.open(String(person['link'])), { password })
  expect(chosen.status).toBe(200)
  const client: Relying = { clientId: 'web', secret: String(made['client_secret']), redirectUri }
  const credentials = { username: 'ada@example.com', password }
  const code = await authorize(newBrowser(site), { tenant, client, credentials })
  const first = await redeem(site, tenant, client, code)
  const second = await refresh(site, tenant, client, first.refresh_token ?? '')
  const info = await userinfo(site, tenant, second.access_token)
  expect([info.status, await info.json()]).toEqual([
    200,
    expect.objectContaining({ sub: person['sub'], email: 'ada@example.com', name: 'Ada' }),
  ])
}

describe('what the last build before people left', () => {
  test('tokens, API keys and clients work as they did, with scopes and claims that have names of OpenID Connect', () =>
    whileServing(async (site) => {
      for (const token of [...facts.tokens, facts.apiKey]) {
        expect((await getWith(site, '/api/v1/protected-resource', token)).status).toBe(200)
      }
      for (const client of facts.clients) {
        const response = await login(site, client)
        expect([client.tenant, response.status]).toEqual([client.tenant, 200])
        const { access_token, scope } = await response.json()
        expect(scope).toBe(client.scope)
        const claims = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString())
        const own = client.tenant === 'acme' ? { groups: ['machines'], email: 'machines@example.com' } : {}
        expect(claims).toMatchObject({ sub: client.id, ...own })
      }
    }))

  test('a tenant whose row says `oidc: true` is an OpenID Provider, one with false is none', () =>
    whileServing(async (site) => {
      expect(await strategiesOf(site, 'acme')).toEqual(['oauth2', 'oidc', 'api_keys'])
      expect(await strategiesOf(site, 'with')).toEqual(['oauth2', 'oidc'])
      expect(await strategiesOf(site, 'without')).toEqual(['oauth2'])
      expect(await strategiesOf(site, 'silent')).toEqual(['oauth2'])
      expect(await admin(site, '/tenants/with')).toMatchObject({
        oidc: { session_ttl: 43_200, password: { min_length: 12 } },
      })
      expect(await admin(site, '/tenants/without')).toMatchObject({ oidc: null })
    }))

  test('it gets people: of a tenant of config.yaml and of a stored one', () =>
    whileServing(async (site, place) => {
      await getPeople(site, 'acme')
      await getPeople(site, 'with')
      const { code, out } = await runAt(place, ['audit', 'verify'])
      expect([code, out]).toEqual([0, expect.stringContaining("The tenant 'with': ok")])
    }))

  test('its config.yaml has no fault, and a warning for each scope of OpenID Connect that needs no declaring', () =>
    withCopyOf('before-people', async (folder) => {
      const { code, out } = await runAt({ folder, at: facts.at }, ['check'])
      expect(code).toBe(0)
      const warned = [...out.matchAll(/warning: \S+:\d+:\d+: tenants\.acme\.oauth2\.scopes\.(\w+)/g)]
      expect(warned.map(([, scope]) => scope)).toEqual(['openid', 'profile', 'groups'])
    }))
})
