import { OAuthError, tooManyRequests } from '../../protocol/errors.ts'
import { RateBooks, type RateBooksOptions } from './rate-books.ts'
import type { RateCount } from './rate-count.ts'
import { renderPolicies, renderServiceLimit } from './rate-limit-fields.ts'

/** Members of `limits` in config.yaml. Null: no limit. */
export interface TokenRateSettings {
  readonly enabled: boolean
  readonly tokens_per_minute_per_client: number | null
  readonly tokens_per_minute_per_tenant: number | null
}

export interface TokenRatesOptions extends Omit<RateBooksOptions, 'id' | 'findStoredNames'> {
  readonly settings: TokenRateSettings
}

/** Who asks for tokens. The rates of a client and of its tenant replace those of `limits`; null: those of `limits` count. */
export interface TokenSender {
  readonly tenant: { readonly id: string; readonly tokensPerMinute: number | null }
  readonly client: { readonly id: string; readonly tokensPerMinute: number | null }
}

/** The headers `RateLimit-Policy` and `RateLimit` of an answer. */
export interface RateLimitFields {
  readonly policy: string
  readonly limit: string
}

export type RateScope = 'client_rate' | 'tenant_rate'

/** The event that requests have to wait from now on. */
export interface RateBlock {
  readonly scope: RateScope
  readonly seconds: number
}

/** Limits how many answers with tokens a client and a tenant get in a minute; see README.md. */
export class TokenRates {
  readonly #options: TokenRatesOptions
  readonly #books: RateBooks
  /** The last one. Most answers have that of the answer before, and rendering it takes longer than comparing. */
  #policy: Policy = { ofClient: null, ofTenant: null, text: '' }

  constructor(options: TokenRatesOptions) {
    this.#options = options
    this.#books = new RateBooks({ ...options, id: 'tokens' })
  }

  /** Opens a request for tokens. Undefined if no limit applies. */
  open({ tenant, client }: TokenSender): TokenRate | undefined {
    const { settings } = this.#options
    if (!settings.enabled) return undefined
    const ofClient = client.tokensPerMinute ?? settings.tokens_per_minute_per_client
    const ofTenant = tenant.tokensPerMinute ?? settings.tokens_per_minute_per_tenant
    if (ofClient === null && ofTenant === null) return undefined
    const counts: RateCount[] = []
    if (ofClient !== null) counts.push(this.#books.open(tenant.id, `c ${client.id}`, ofClient))
    if (ofTenant !== null) counts.push(this.#books.open(tenant.id, 't', ofTenant))
    return new TokenRate(counts, {
      books: this.#books,
      policy: this.#policyOf(ofClient, ofTenant),
      now: this.#options.now,
    })
  }

  #policyOf(ofClient: number | null, ofTenant: number | null): string {
    if (ofClient !== this.#policy.ofClient || ofTenant !== this.#policy.ofTenant) {
      const policies = [
        { name: 'client', quota: ofClient },
        { name: 'tenant', quota: ofTenant },
      ].flatMap(({ name, quota }) => (quota === null ? [] : [{ name, quota, window: 60 }]))
      this.#policy = { ofClient, ofTenant, text: renderPolicies(policies) }
    }
    return this.#policy.text
  }

  /** Writes all waiting counts; never throws. */
  flush(): Promise<void> {
    return this.#books.flush()
  }
}

/** The text of the policies of these rates. */
interface Policy {
  readonly ofClient: number | null
  readonly ofTenant: number | null
  readonly text: string
}

interface TokenRateDeps extends Pick<TokenRatesOptions, 'now'> {
  readonly books: RateBooks
  /** The header RateLimit-Policy. */
  readonly policy: string
}

/** One request for tokens. */
export class TokenRate {
  readonly #counts: readonly RateCount[]
  readonly #deps: TokenRateDeps
  /** Milliseconds since the epoch. Asking the clock once takes less time. */
  #now: number

  constructor(counts: readonly RateCount[], deps: TokenRateDeps) {
    this.#counts = counts
    this.#deps = deps
    this.#now = deps.now()
  }

  /**
   * Takes one of each rate, or throws `temporarily_unavailable` with status 429 and takes none. Calls `onBlock` when that begins. Returns a
   * promise only if other processes have to learn first what this one let in.
   */
  take(onBlock: (block: RateBlock) => void): void | Promise<void> {
    const settled = this.#deps.books.settle(this.#counts, this.#now)
    if (!settled) return this.#takeNow(onBlock)
    return settled.then(() => {
      this.#now = this.#deps.now()
      return this.take(onBlock)
    })
  }

  #takeNow(onBlock: (block: RateBlock) => void): void {
    const now = this.#now
    for (const count of this.#counts) {
      const wait = count.wait(now)
      if (wait > 0) throw refuse(count, wait, { now, onBlock })
    }
    for (const count of this.#counts) this.#deps.books.add(count, now)
  }

  /** Gives back what was taken, because the request got no token. */
  giveBack(): void {
    for (const count of this.#counts) count.add(-1, this.#deps.now())
  }

  /** What the answer says of the rates. Of two it says how much is left of the one of which less is left. */
  fields(): RateLimitFields {
    const now = this.#now
    let least = { remaining: Number.POSITIVE_INFINITY, policy: '', window: 0 }
    for (const count of this.#counts) {
      const remaining = Math.max(0, Math.floor(count.perMinute - count.used(now) + 1e-6))
      if (remaining >= least.remaining) continue
      const window = seconds(remaining === 0 ? count.wait(now) : count.rest(now))
      least = { remaining, policy: policyOf(count), window }
    }
    return { policy: this.#deps.policy, limit: renderServiceLimit(least) }
  }
}

function policyOf({ name }: RateCount): 'tenant' | 'client' {
  return name === 't' ? 'tenant' : 'client'
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000))
}

function refuse(
  count: RateCount,
  wait: number,
  { now, onBlock }: { readonly now: number; readonly onBlock: (block: RateBlock) => void },
): OAuthError {
  const whose = policyOf(count)
  const retryAfterSeconds = seconds(wait)
  if (count.isToBeTold(now)) onBlock({ scope: `${whose}_rate`, seconds: retryAfterSeconds })
  return new OAuthError('temporarily_unavailable', 'Too many tokens were asked for; try again later', {
    status: tooManyRequests,
    reason: `too_many_tokens_of_${whose}`,
    retryAfterSeconds,
    finding: {
      check: `tokens a minute of the ${whose}`,
      saw: `${Math.floor(count.used(now))} of ${count.perMinute} used, the next one in ${retryAfterSeconds} s`,
      wanted: `at most ${count.perMinute} a minute, or more in tokens_per_minute`,
    },
  })
}
