import { expect } from 'bun:test'
import {
  programs,
  type RunningServer,
  startServer,
  withFolder,
  writeConfig,
} from '../../support/spawn-server.ts'
import { rest, waitFor } from '../../support/wait-for.ts'

/** Two replicas that share one Postgres, and clients of both that revoke what they get while the Postgres fails. */

const client = { client_id: 'svc', client_secret: 'svc-secret-of-the-failover' }
const tenant = '/api/v1/tenant/acme'
const config = `
server: { public_url: 'http://localhost:3000' }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read } }
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: ${client.client_secret}, scopes: [read], introspect: true }
`

/** A token that was answered to be revoked. */
interface Revoked {
  readonly token: string
  readonly at: number
}

export interface LoadReport {
  /** Revocations that were answered 200. */
  readonly revoked: number
  /** Revocations that were answered otherwise: 503. */
  readonly refused: number
  /** The longest time without any revocation at a replica, in seconds. */
  readonly writesAway: number
  /** The same for checks of tokens. */
  readonly readsAway: number
  /** The time from the promotion of a standby to the first revocation, in seconds. */
  readonly backAfter: number | undefined
  /** The latest time after its revocation at which a token was still said to be active, in seconds; 0: never. */
  readonly staleFor: number
}

/** The longest pause between two moments. Time is the subject of this whole file: how long what is away is away. */
class Pause {
  longest = 0
  #last = performance.now()

  note(): void {
    const now = performance.now()
    this.longest = Math.max(this.longest, now - this.#last)
    this.#last = now
  }
}

/** Tokens that are asked for together at the end. */
const atOnce = 16

export class Load {
  readonly #replicas: readonly RunningServer[]
  readonly #revoked: Revoked[] = []
  #refused = 0
  #readyAt: number | undefined
  #backAfter: number | undefined
  #staleFor = 0
  #isOver = false
  readonly #writes: readonly Pause[]
  readonly #reads: readonly Pause[]
  readonly #running: Promise<unknown>

  constructor(replicas: readonly RunningServer[]) {
    this.#replicas = replicas
    this.#writes = replicas.map(() => new Pause())
    this.#reads = replicas.map(() => new Pause())
    const each = replicas.flatMap((_, index) => [
      ...[1, 2].map(() => this.#revokeOn(index)),
      this.#checkOn(index),
    ])
    this.#running = Promise.all(each)
  }

  get revoked(): number {
    return this.#revoked.length
  }

  /** Requests for revocation that were answered 503. */
  get refused(): number {
    return this.#refused
  }

  /** Says when a standby was promoted, for what comes before is not the time that the replicas take. */
  noteReady(): void {
    this.#readyAt = performance.now()
  }

  /** What the replicas logged. */
  get output(): string {
    return this.#replicas.map((replica) => replica.output()).join('')
  }

  /** Resolves when `count` more were revoked. */
  async untilRevoked(count: number): Promise<void> {
    const wanted = this.revoked + count
    await waitFor('enough was revoked', () => this.revoked >= wanted, { seconds: 60 })
  }

  /** Ends the load, and asks both replicas for every token that was revoked. */
  async finish(): Promise<LoadReport> {
    this.#isOver = true
    await this.#running
    for (const index of this.#replicas.keys()) await this.#checkAll(index)
    const longest = (pauses: readonly Pause[]) => seconds(Math.max(...pauses.map((pause) => pause.longest)))
    return {
      revoked: this.revoked,
      refused: this.#refused,
      writesAway: longest(this.#writes),
      readsAway: longest(this.#reads),
      backAfter: this.#backAfter === undefined ? undefined : seconds(this.#backAfter),
      staleFor: seconds(this.#staleFor),
    }
  }

  async #checkAll(index: number): Promise<void> {
    for (let from = 0; from < this.revoked; from += atOnce) {
      const some = this.#revoked.slice(from, from + atOnce)
      const inactive = await Promise.all(some.map((revoked) => this.#check(index, revoked)))
      expect(inactive).not.toContain(false)
    }
  }

  async #revokeOn(index: number): Promise<void> {
    while (!this.#isOver) {
      const token = await this.#getToken(index)
      const status = await this.#post(index, '/oauth/revoke', { token }).then((response) => response.status)
      if (status !== 200) {
        expect(status).toBe(503)
        this.#refused++
        // Time is the subject: such a client tries again after a moment.
        await rest(20)
        continue
      }
      this.#writes[index]?.note()
      if (this.#readyAt !== undefined) this.#backAfter ??= performance.now() - this.#readyAt
      const revoked = { token, at: performance.now() }
      this.#revoked.push(revoked)
      // At the other one, which may read somewhere else.
      await this.#check((index + 1) % this.#replicas.length, revoked)
    }
  }

  /** Asks for tokens that were revoked at any time. */
  async #checkOn(index: number): Promise<void> {
    while (!this.#isOver) {
      const revoked = this.#revoked[Math.floor(Math.random() * this.revoked)]
      // Time is the subject: such a client tries again after a moment.
      if (!revoked || !(await this.#check(index, revoked))) await rest(20)
    }
  }

  /** Answers whether it was told that the token is not active. */
  async #check(index: number, { token, at }: Revoked): Promise<boolean> {
    const asked = performance.now()
    const response = await this.#post(index, '/oauth/introspect', { token })
    const { active } = await response.json()
    if (response.status !== 200) {
      expect(response.status).toBe(503)
      return false
    }
    if (!this.#isOver) this.#reads[index]?.note()
    if (active !== false) this.#staleFor = Math.max(this.#staleFor, asked - at)
    return active === false
  }

  /** Never fails: it needs no storage. */
  async #getToken(index: number): Promise<string> {
    const response = await this.#post(index, '/oauth/token', { grant_type: 'client_credentials' })
    expect(response.status).toBe(200)
    const { access_token } = await response.json()
    return access_token
  }

  #post(index: number, path: string, form: Record<string, string>): Promise<Response> {
    // The address that replicas listen on: localhost may be ::1 first, where nothing listens.
    const url = `${this.#replicas[index]?.url}${tenant}${path}`.replace('//localhost:', '//127.0.0.1:')
    return fetch(url, { method: 'POST', body: new URLSearchParams({ ...client, ...form }) })
  }
}

const seconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10

/** Runs `work` while two replicas on the database of `url` are used, and prints what came of it. */
export async function withLoad(
  name: string,
  url: string,
  work: (load: Load) => Promise<void>,
): Promise<LoadReport> {
  return await withFolder(async (folder) => {
    await writeConfig(folder, config)
    const env = {
      GRANTD_STORAGE: url,
      GRANTD_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    }
    const start = () => startServer(programs.executable, { folder, env })
    const replicas = await Promise.all([start(), start()])
    const load = new Load(replicas)
    await load.untilRevoked(100)
    await work(load)
    await load.untilRevoked(100)
    const report = await load.finish()
    for (const replica of replicas) expect(await replica.stop()).toBe(0)
    print(name, report)
    return report
  })
}

function print(name: string, report: LoadReport): void {
  const { revoked, refused, writesAway, readsAway, backAfter, staleFor } = report
  const back = backAfter === undefined ? [] : [`writes back ${backAfter} s after the promotion`]
  const away = [`no write for ${writesAway} s`, `no read for ${readsAway} s`]
  const parts = [`revoked ${revoked}`, `refused with 503 ${refused}`, ...away, ...back]
  process.stdout.write(`${name}\n  ${parts.join(', ')}\n  a revoked token was active for ${staleFor} s\n`)
}
