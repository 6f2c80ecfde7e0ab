import { describe, expect, test } from 'bun:test'
import kept from '../fixtures/first-layout/facts.json'
import type { Facts, Login } from '../fixtures/first-layout/facts.ts'
import { runAt, serveAt, withCopyOf } from '../support/kept-state.ts'

/** This build on the configuration, database and keys that an earlier one left; see test/fixtures/first-layout. */

const facts: Facts = kept
const withCopy = (work: (folder: string) => Promise<void>) => withCopyOf('first-layout', work)

/** `later`: seconds after the fixture was made. */
const placeAt = (folder: string, later: number) => ({ folder, at: facts.at + later * 1000 })
const grantd = (folder: string, args: readonly string[]) => runAt(placeAt(folder, 60), args)

class Server {
  readonly url: string

  constructor(url: string) {
    this.url = `${url}/api/v1`
  }

  async verify(token: string): Promise<number> {
    const headers = { Authorization: `Bearer ${token}` }
    return (await fetch(`${this.url}/protected-resource`, { headers })).status
  }

  async login({ tenant, client, secret }: Login): Promise<{ status: number; token: string }> {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client,
      client_secret: secret,
    })
    const response = await fetch(`${this.url}/tenant/${tenant}/oauth/token`, { method: 'POST', body })
    const { access_token } = (await response.json()) as { access_token: string }
    return { status: response.status, token: access_token }
  }

  async admin(path: string): Promise<{ items: Record<string, unknown>[] }> {
    const [root] = facts.logins
    if (!root) throw new TypeError('The fixture has no administrator')
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: root.client,
      client_secret: root.secret,
      scope: 'grantd:admin',
    })
    const response = await fetch(`${this.url}/tenant/${root.tenant}/oauth/token`, { method: 'POST', body })
    const { access_token } = (await response.json()) as { access_token: string }
    const answer = await fetch(`${this.url}/admin${path}`, {
      headers: { Authorization: `Bearer ${access_token}` },
    })
    expect(answer.status).toBe(200)
    return answer.json() as Promise<{ items: Record<string, unknown>[] }>
  }
}

const whileServing = (
  folder: string,
  { later, work }: { readonly later: number; readonly work: (server: Server) => Promise<void> },
) => serveAt(placeAt(folder, later), (url) => work(new Server(url)))

const kidOf = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid

describe('what an earlier build left', () => {
  test('tokens and API keys that stood stand, and those that were revoked do not', () =>
    withCopy((folder) =>
      whileServing(folder, {
        later: 60,
        work: async (server) => {
          const statuses = (tokens: readonly string[]) =>
            Promise.all(tokens.map((token) => server.verify(token)))
          const { good, refused, apiKeys } = facts
          for (const tokens of [...Object.values(good), apiKeys.good]) {
            expect(await statuses(tokens)).toEqual(tokens.map(() => 200))
          }
          for (const tokens of [refused, apiKeys.revoked]) {
            expect(await statuses(tokens)).toEqual(tokens.map(() => 401))
          }
        },
      }),
    ))

  test('clients log in as before, and so do their tokens', () =>
    withCopy((folder) =>
      whileServing(folder, {
        later: 60,
        work: async (server) => {
          for (const login of facts.logins) {
            const { status, token } = await server.login(login)
            expect([login.client, status, await server.verify(token)]).toEqual([login.client, 200, 200])
          }
          for (const login of facts.refusedLogins) {
            expect((await server.login(login)).status).toBe(401)
          }
        },
      }),
    ))

  test('the admin API lists what was there', () =>
    withCopy((folder) =>
      whileServing(folder, {
        later: 60,
        work: async (server) => {
          const { items: tenants } = await server.admin('/tenants?limit=100')
          expect(tenants.map(({ id }) => id)).toEqual(
            ['acme', 'globex', 'ops', ...Array.from({ length: 34 }, (_, index) => `t${index}`)].sort(),
          )
          expect(tenants.find(({ id }) => id === 'globex')).toMatchObject({
            issuer: 'https://globex.example',
          })
          const { items: clients } = await server.admin('/tenants/acme/clients?limit=100')
          expect(clients.map(({ client_id, active }) => [client_id, active])).toEqual([
            ['billing', true],
            ['manager', true],
            ['off', false],
            ['rotating', true],
            ['slow', true],
            ['swept', true],
          ])
          const { items: secrets } = await server.admin('/tenants/acme/clients/billing/secrets')
          expect(secrets).toHaveLength(2)
          expect(secrets.every(({ last_used }) => last_used !== undefined)).toBe(true)
          const { items: keys } = await server.admin('/tenants/acme/api-keys')
          const byName = keys.map(({ name, revoked, client_id }) => [name, revoked, client_id])
          expect(byName.sort()).toEqual([
            ['plain', false, 'manager'],
            ['revoked', true, 'manager'],
            ['rotated', false, 'manager'],
          ])
          const { items: signingKeys } = await server.admin('/tenants/acme/keys')
          expect(signingKeys.map(({ state }) => state)).toEqual(['active', 'retiring'])
        },
      }),
    ))

  test('the audit trail verifies, and goes on, with the events that were in the journal', () =>
    withCopy(async (folder) => {
      expect((await grantd(folder, ['audit', 'verify'])).code).toBe(0)
      await whileServing(folder, {
        later: 60,
        work: async (server) => {
          await server.login({ tenant: 't0', client: 'svc', secret: 'test-many-secret-value' })
        },
      })
      const { code, out } = await grantd(folder, ['audit', 'verify'])
      expect([code, out]).toEqual([0, expect.stringContaining('t33')])
      const listed = await grantd(folder, ['audit', 'list', '--tenant', 't0', '--json'])
      expect(listed.out.match(/token\.issued/g)).toHaveLength(2)
      const acme = await grantd(folder, ['audit', 'list', '--tenant', 'acme', '--json'])
      for (const type of ['api_key.rotated', 'api_key.revoked', 'client.created', 'key.rotated']) {
        expect(acme.out).toContain(type)
      }
    }))

  test('the rotation that was begun goes on', () =>
    withCopy(async (folder) => {
      const gx = facts.logins.find(({ client }) => client === 'gx')
      if (!gx) throw new TypeError('The fixture has no client gx')
      const before = kidOf(facts.good['globex']?.[0] ?? '')
      await whileServing(folder, {
        later: 60,
        work: async (server) => expect(kidOf((await server.login(gx)).token)).toBe(before),
      })
      // Published for the five minutes of jwks_max_age and five more.
      await whileServing(folder, {
        later: 660,
        work: async (server) => {
          let { token } = await server.login(gx)
          // The server makes the step beside its answers.
          while (kidOf(token) === before) token = (await server.login(gx)).token
          expect(await server.verify(token)).toBe(200)
          expect(await server.verify(facts.good['globex']?.[0] ?? '')).toBe(200)
        },
      })
    }))
})
