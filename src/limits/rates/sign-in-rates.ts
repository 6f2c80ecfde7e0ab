import { OAuthError, tooManyRequests } from '../../protocol/errors.ts'
import { groupOf } from '../address-group.ts'
import { RateBooks, type RateBooksOptions } from './rate-books.ts'
import type { RateCount } from './rate-count.ts'

/** Members of `limits` in config.yaml. */
export interface SignInRateSettings {
  readonly enabled: boolean
  readonly sign_ins_per_address: number
  readonly sign_ins_per_tenant: number
}

export interface SignInRatesOptions extends Omit<RateBooksOptions, 'id'> {
  readonly settings: SignInRateSettings
}

/** Who begins a sign-in. */
export interface SignInSender {
  readonly tenantId: string
  readonly address: string | undefined
  /**
   * A name of the browser if people signed in from it before. Asked only where the address has to wait, because the answer may need a read.
   * Throws StorageError.
   */
  readonly findKnownBrowser: () => Promise<string | undefined>
}

/** The share of the rate of an address that it has while the whole tenant is above its own, and that of a known browser. */
const smallShare = 1 / 20

/** A sign-in that may begin. */
export interface BegunSignIn {
  /** Whether so many begin that nothing of it should be kept for long. */
  readonly isBusy: boolean
}

/** Limits what people who have not proven anything can make the server write; see README.md. */
export class SignInRates {
  readonly #options: SignInRatesOptions
  readonly #books: RateBooks

  constructor(options: SignInRatesOptions) {
    this.#options = options
    this.#books = new RateBooks({ ...options, id: 'sign-ins' })
  }

  /**
   * Counts a sign-in that begins. Throws `temporarily_unavailable` with status 429 if its sender has to wait, and StorageError. Returns a promise
   * only if the address has to wait, or if other processes have to learn first how many began here.
   */
  begin(sender: SignInSender, onBlock: (seconds: number) => void): BegunSignIn | Promise<BegunSignIn> {
    const { enabled, sign_ins_per_tenant } = this.#options.settings
    if (!enabled) return { isBusy: false }
    const tenant = this.#books.open(sender.tenantId, 't', sign_ins_per_tenant)
    const settled = this.#books.settle([tenant, ...this.#countsOf(sender, false)], this.#options.now())
    if (settled) return settled.then(() => this.begin(sender, onBlock))
    return this.#beginNow(sender, onBlock)
  }

  #beginNow(sender: SignInSender, onBlock: (seconds: number) => void): BegunSignIn | Promise<BegunSignIn> {
    const { settings, now } = this.#options
    const at = now()
    const tenant = this.#books.open(sender.tenantId, 't', settings.sign_ins_per_tenant)
    const isAbove = tenant.wait(at) > 0
    const counts = this.#countsOf(sender, isAbove)
    const longest = Math.max(...counts.map((count) => count.wait(at)), tenant.wait(at, 2))
    if (longest > 0) return this.#beginKnown(sender, { counts, longest, onBlock })
    for (const count of [tenant, ...counts]) this.#books.add(count, at)
    return { isBusy: isAbove || counts.some((count) => count.used(at) > count.perMinute / 2) }
  }

  /** Writes all waiting counts; never throws. */
  flush(): Promise<void> {
    return this.#books.flush()
  }

  /** While the tenant is above its rate, an address has its small share and no more. */
  #countsOf({ tenantId, address }: SignInSender, isAbove: boolean): RateCount[] {
    const rate = this.#options.settings.sign_ins_per_address
    const group = groupOf(address)
    const count = this.#books.open(tenantId, `a ${group}`, rate)
    return isAbove
      ? [count, this.#books.open(tenantId, `s ${group}`, Math.max(1, rate * smallShare))]
      : [count]
  }

  /** A browser from which people signed in before goes on, at a rate of its own. */
  async #beginKnown(
    { tenantId, findKnownBrowser }: SignInSender,
    {
      counts,
      longest,
      onBlock,
    }: { counts: readonly RateCount[]; longest: number; onBlock: (seconds: number) => void },
  ): Promise<BegunSignIn> {
    const { settings, now } = this.#options
    const browser = await findKnownBrowser()
    const rate = Math.max(1, settings.sign_ins_per_address * smallShare)
    const own = browser === undefined ? undefined : this.#books.open(tenantId, `b ${browser}`, rate)
    if (own?.wait(now()) === 0) {
      this.#books.add(own, now())
      return { isBusy: true }
    }
    throw refuse(counts[0], Math.max(1, Math.ceil(longest / 1000)), { now: now(), onBlock })
  }
}

function refuse(
  count: RateCount | undefined,
  retryAfterSeconds: number,
  { now, onBlock }: { readonly now: number; readonly onBlock: (seconds: number) => void },
): OAuthError {
  if (count?.isToBeTold(now)) onBlock(retryAfterSeconds)
  const used = count ? Math.floor(count.used(now)) : 0
  return new OAuthError('temporarily_unavailable', 'Too many sign-ins were begun; try again later', {
    status: tooManyRequests,
    reason: 'too_many_sign_ins',
    retryAfterSeconds,
    finding: {
      check: 'sign-ins that one address begins in a minute',
      saw: `${used} of ${count?.perMinute ?? 0} used from this address, the next one in ${retryAfterSeconds} s`,
      wanted:
        'fewer from this address and at this tenant, or more in limits.sign_ins_per_address and sign_ins_per_tenant',
    },
  })
}
