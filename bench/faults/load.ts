import { Browser, type Site } from '../../test/support/people/browser.ts'
import {
  authorize,
  getWith,
  postAs,
  redeem,
  sendRefresh,
  tenantPath,
} from '../../test/support/people/flow.ts'
import { frontUrl, type Replica } from './replicas.ts'

export const secrets = {
  app: 'faults-secret-of-app',
  web: 'faults-secret-of-web',
  root: 'faults-secret-of-root',
} as const
export const person = { username: 'ada@example.com', password: 'the password of the faults' } as const
const redirectUri = 'https://app.faults.test/callback'
export const publicUrl = 'https://faults.test'

export function renderConfig(passwordHash: string): string {
  return `
server: { host: 0.0.0.0, public_url: ${publicUrl}, shutdown_delay: 2s, trusted_proxies: [10.99.77.1] }
admin: { tenant: main }
tenants:
  main:
    name: Faults
    oauth2: { audience: [faults-api], access_token_ttl: 1h, refresh_token_grace: 0s, scopes: { read: Read } }
    oidc: {}
    api_keys: { allowed_scopes: [read], max_per_client: 100000 }
    signing: { algorithm: ES256 }
    users: { ada: { email: ${person.username}, password_hash: '${passwordHash}' } }
    clients:
      app: { secret: ${secrets.app}, introspect: true, scopes: [read, api-keys:manage] }
      root: { secret: ${secrets.root}, scopes: [grantd:admin] }
      web: { secret: ${secrets.web}, grant_types: [authorization_code, refresh_token], redirect_uris: ['${redirectUri}'], consent: skip }
`
}

const main = tenantPath('main')
const app = { clientId: 'app', secret: secrets.app }
const web = { clientId: 'web', secret: secrets.web, redirectUri }

/** How requests of one kind went during an act. */
export interface Tally {
  good: number
  /** By what was wrong: a status, or how the connection ended. */
  readonly bad: Map<string, number>
  /** The longest time in ms between two good answers. */
  pause: number
}

/** What was acknowledged, and has to be true at every replica at the end of an act. */
interface Ledger {
  readonly revoked: string[]
  readonly keys: string[]
  readonly usedRefreshTokens: string[]
  readonly clients: { readonly clientId: string; readonly secret: string }[]
}

const siteAt = (origin: string): Site => ({
  origin: publicUrl,
  send: ({ pathname, search }, init) =>
    fetch(origin + pathname + search, {
      ...init,
      redirect: 'manual',
      keepalive: true,
      signal: AbortSignal.timeout(15_000),
    }),
})

/** Thrown for an answer that says that something is not available now. */
class Away extends Error {}

export class Load {
  readonly #site = siteAt(frontUrl)
  readonly #ledger: Ledger = { revoked: [], keys: [], usedRefreshTokens: [], clients: [] }
  #tallies = new Map<string, Tally>()
  #isOver = false
  /** What must never happen, such as a revoked token that is taken. */
  readonly broken: string[] = []
  readonly #running: Promise<unknown>

  constructor() {
    this.#running = Promise.all([
      ...[1, 2, 3].map(() => this.#loop('tokens', () => this.#tokens())),
      ...[1, 2].map(() => this.#loop('revocations', () => this.#revocations())),
      this.#loop('API keys', () => this.#apiKeys()),
      this.#loop('clients', () => this.#clients()),
      ...[1, 2].map(() => this.#refreshes()),
    ])
  }

  get acknowledged(): number {
    return Object.values(this.#ledger).reduce((sum, each) => sum + each.length, 0)
  }

  /** Begins to count anew. */
  reset(): void {
    this.#tallies = new Map()
  }

  get tallies(): ReadonlyMap<string, Tally> {
    return this.#tallies
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#running
  }

  #tallyOf(name: string): Tally & { last: number } {
    const found = this.#tallies.get(name) as (Tally & { last: number }) | undefined
    if (found) return found
    const made = { good: 0, bad: new Map<string, number>(), pause: 0, last: performance.now() }
    this.#tallies.set(name, made)
    return made
  }

  async #loop(name: string, once: () => Promise<void>): Promise<void> {
    while (!this.#isOver) await this.#count(name, once)
  }

  async #count(name: string, once: () => Promise<void>): Promise<boolean> {
    try {
      await once()
      const tally = this.#tallyOf(name)
      tally.good++
      const now = performance.now()
      tally.pause = Math.max(tally.pause, now - tally.last)
      tally.last = now
      return true
    } catch (cause) {
      const { bad } = this.#tallyOf(name)
      const why =
        cause instanceof Away
          ? cause.message
          : cause instanceof Error
            ? `connection: ${cause.name} ${cause.message}`.slice(0, 90)
            : String(cause)
      bad.set(why, (bad.get(why) ?? 0) + 1)
      await Bun.sleep(50)
      return false
    }
  }

  /** The body of an answer with the wanted status; Away for others. */
  async #expect(wanted: number, answer: Response): Promise<string> {
    const text = await answer.text()
    if (answer.status === wanted) return text
    throw new Away(`${answer.status} instead of ${wanted}`)
  }

  async #token(scope = 'read', client: { clientId: string; secret: string } = app): Promise<string> {
    const form = { grant_type: 'client_credentials', scope }
    const text = await this.#expect(200, await postAs(this.#site, `${main}/oauth/token`, client, form))
    return JSON.parse(text).access_token
  }

  async #tokens(): Promise<void> {
    const token = await this.#token()
    await this.#expect(200, await getWith(this.#site, '/api/v1/protected-resource', token))
  }

  async #revocations(): Promise<void> {
    const token = await this.#token()
    await this.#expect(200, await postAs(this.#site, `${main}/oauth/revoke`, app, { token }))
    this.#ledger.revoked.push(token)
    await this.#mustRefuse('a revoked token', await getWith(this.#site, '/api/v1/protected-resource', token))
  }

  /** 503 says nothing; 200 is what must not be. */
  async #mustRefuse(what: string, answer: Response): Promise<void> {
    await answer.text()
    if (answer.status === 200) this.broken.push(`${what} was taken`)
  }

  async #apiKeys(): Promise<void> {
    const token = await this.#token('api-keys:manage read')
    const answer = await this.#site.send(new URL(`${main}/api-keys/create`, publicUrl), {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'faults', scopes: ['read'], expires_in_days: 1 }),
    })
    this.#ledger.keys.push(JSON.parse(await this.#expect(201, answer)).api_key)
    await Bun.sleep(200)
  }

  async #clients(): Promise<void> {
    const token = await this.#token('grantd:admin', { clientId: 'root', secret: secrets.root })
    const clientId = `made-${crypto.randomUUID()}`
    const answer = await this.#site.send(new URL('/api/v1/admin/tenants/main/clients', publicUrl), {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ client_id: clientId, scopes: ['read'] }),
    })
    this.#ledger.clients.push({ clientId, secret: JSON.parse(await this.#expect(201, answer)).client_secret })
    await Bun.sleep(200)
  }

  /** A person signs in once; the app refreshes again and again. After a failure it signs in anew, because nobody knows whether it was done. */
  async #refreshes(): Promise<void> {
    let current: string | undefined
    while (!this.#isOver) {
      await this.#count('refreshes', async () => {
        current ??= await this.#signIn()
        const used = current
        current = undefined
        const text = await this.#expect(200, await sendRefresh(this.#site, 'main', web, used))
        this.#ledger.usedRefreshTokens.push(used)
        current = JSON.parse(text).refresh_token
      })
      await Bun.sleep(50)
    }
  }

  async #signIn(): Promise<string> {
    try {
      const code = await authorize(new Browser(this.#site), {
        tenant: 'main',
        client: web,
        credentials: person,
      })
      return (await redeem(this.#site, 'main', web, code)).refresh_token ?? ''
    } catch (cause) {
      throw new Away(
        `sign-in: ${cause instanceof Error ? cause.message.replace(/\s+/g, ' ').slice(0, 70) : cause}`,
      )
    }
  }

  /** Asks each replica for everything that was acknowledged since the start. */
  async verify(replicas: readonly Replica[]): Promise<void> {
    for (const { url, host } of replicas) {
      const site = siteAt(url)
      const whole = async <T>(what: string, all: readonly T[], isTrue: (one: T) => Promise<boolean>) => {
        for (let from = 0; from < all.length; from += 16) {
          const answers = await Promise.all(all.slice(from, from + 16).map(isTrue))
          const wrong = answers.filter((answer) => !answer).length
          if (wrong > 0) this.broken.push(`${host.name}: ${wrong} of ${what}`)
        }
      }
      const statusOf = async (token: string) =>
        (await getWith(site, '/api/v1/protected-resource', token)).status
      const { revoked, keys, clients, usedRefreshTokens } = this.#ledger
      await whole('revoked tokens are not refused', revoked, async (token) => (await statusOf(token)) === 401)
      await whole('API keys are refused', keys, async (key) => (await statusOf(key)) === 200)
      await whole('clients are unknown', clients, async (client) => {
        const answer = await postAs(site, `${main}/oauth/token`, client, { grant_type: 'client_credentials' })
        return answer.status === 200
      })
      // Only at the end of all, because a reuse ends the family; and not all of them, because reuses are held and limited.
      if (this.#isOver)
        await whole('used refresh tokens work again', usedRefreshTokens.slice(-60), async (token) => {
          return (await sendRefresh(site, 'main', web, token)).status !== 200
        })
    }
  }
}
