import { expect, test } from 'bun:test'
import * as jose from 'jose'
import {
  programs,
  type RunningServer,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

/**
 * Keys and secrets change while a server works: not one request fails, and not one token is refused by an API that keeps
 * the JWK Set for exactly as long as it may.
 */

const tenant = '/api/v1/tenant/acme'
const secret = 'svc-secret-of-the-rotation'
const maxAgeSeconds = 1
const config = `
server: { public_url: 'http://localhost:3000' }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read } }
    signing: { algorithm: ES256, jwks_max_age: ${maxAgeSeconds}s, publish_ahead: 1s }
    clients:
      svc: { secret: ${secret}, scopes: [read] }
`

/** An API that looks at the JWK Set once in max-age and never because a key is unknown to it. */
class CachingApi {
  readonly #url: string
  #keys: ReturnType<typeof jose.createLocalJWKSet> | undefined
  #freshUntil = 0
  readonly #onFetch: () => void

  constructor({ url }: RunningServer, onFetch: () => void) {
    this.#onFetch = onFetch
    this.#url = `${url}${tenant}/.well-known/jwks.json`
  }

  async verify(token: string): Promise<void> {
    // Time is the subject: max-age is of the clock that clients have.
    const asked = performance.now()
    if (!this.#keys || asked >= this.#freshUntil) {
      this.#onFetch()
      const response = await fetch(this.#url)
      expect([response.status, response.headers.get('cache-control')]).toEqual([
        200,
        `public, max-age=${maxAgeSeconds}`,
      ])
      this.#keys = jose.createLocalJWKSet(await response.json())
      this.#freshUntil = asked + maxAgeSeconds * 1000
    }
    await jose.jwtVerify(token, this.#keys, { issuer: 'http://localhost:3000/api/v1/tenant/acme' })
  }
}

interface Load {
  readonly tokens: number
  readonly kids: ReadonlySet<string>
  /** How often an API fetched the JWK Set. */
  readonly fetches: number
}

/** Each with an API of its own. */
const clients = 6

/** Clients that get tokens, and APIs that check them, until `work` is done. */
async function underLoad(
  server: RunningServer,
  credentials: () => Record<string, string>,
  work: (load: Load) => Promise<void>,
): Promise<Load> {
  const kids = new Set<string>()
  const load = { tokens: 0, kids, fetches: 0 }
  let working = true
  const client = async () => {
    const api = new CachingApi(server, () => load.fetches++)
    while (working) {
      const body = new URLSearchParams({ ...credentials(), grant_type: 'client_credentials' })
      const response = await fetch(`${server.url}${tenant}/oauth/token`, { method: 'POST', body })
      expect(response.status).toBe(200)
      const { access_token: token } = await response.json()
      server.canary.watch(token)
      await api.verify(token)
      kids.add(String(jose.decodeProtectedHeader(token).kid))
      load.tokens++
    }
  }
  const running = Promise.all(Array.from({ length: clients }, client))
  await Promise.race([work(load), running])
  working = false
  await running
  return load
}

test(
  'a signing key is rotated under load',
  () =>
    withFolder(async (folder) => {
      await writeConfig(folder, config)
      const server = await startServer(programs.executable, { folder })
      const credentials = { client_id: 'svc', client_secret: secret }
      const load = await underLoad(
        server,
        () => credentials,
        async (load) => {
          const { kids } = load
          await waitFor('the first token is there', () => kids.size === 1)
          const rotated = await run(programs.executable, { folder, args: ['keys', 'rotate'] })
          expect([rotated.code, rotated.err]).toEqual([0, ''])
          await waitFor('the new key signs', () => kids.size === 2)
          const fetched = load.fetches
          // Each of the six has fetched again: none may be refused with the old or the new keys.
          await waitFor('every API has fetched again', () => load.fetches >= fetched + 2 * clients)
        },
      )
      expect(load.kids.size).toBe(2)
      expect(await server.stop()).toBe(0)
    }),
  60_000,
)

test(
  'the secret of a stored client is rotated under load',
  () =>
    withFolder(async (folder) => {
      await writeConfig(folder, config)
      const server = await startServer(programs.executable, { folder })
      const grantd = async (...args: string[]) => {
        const finished = await run(programs.executable, { folder, args })
        expect([finished.code, finished.err]).toEqual([0, ''])
        return JSON.parse(finished.out)
      }
      const added = await grantd(
        ...['client', 'add', '--tenant', 'acme', '--client', 'stored', '--scopes', 'read', '--json'],
      )
      let current: string = added.secret
      server.canary.watch(current)
      const used = new Set<string>()
      const load = await underLoad(
        server,
        () => ({ client_id: 'stored', client_secret: current }),
        async (load) => {
          await waitFor('the first token is there', () => load.tokens > 0)
          const rotated = await grantd(
            ...['secret', 'rotate', '--tenant', 'acme', '--client', 'stored', '--overlap', '1h', '--json'],
          )
          const before = load.tokens
          await waitFor('the old secret went on', () => load.tokens > before + 20)
          current = rotated.secret
          used.add(current)
          server.canary.watch(current)
          const after = load.tokens
          await waitFor('the new secret works', () => load.tokens > after + 20)
        },
      )
      expect(load.tokens).toBeGreaterThan(40)
      expect([...used].filter((text) => /^gds_/.test(text))).toHaveLength(1)
      expect(await server.stop()).toBe(0)
    }),
  60_000,
)
