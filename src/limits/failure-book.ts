import {
  addFailures,
  type CountRule,
  type FailureCount,
  isOfWrongClock,
  remaining,
  waitOf,
  waitsUntil,
} from './failure-count.ts'
import type { LimitSettings } from './limit-settings.ts'
import type { Places } from './subject.ts'

/** The scopes of a count, the widest last. */
export type Scope = 'client_and_address' | 'address' | 'client' | 'tenant'

export type CountRules = Readonly<Record<keyof Places, CountRule>>

/** The rules that the settings make. Settings that change later change them. */
export function rulesOf(settings: LimitSettings): CountRules {
  const ruleWith = (name: Exclude<keyof LimitSettings, 'enabled' | 'longest_backoff'>): CountRule => ({
    get free() {
      return settings[name]
    },
    get longest() {
      return settings.longest_backoff * 1000
    },
  })
  return {
    pair: ruleWith('failures_per_client_and_address'),
    address: ruleWith('failures_per_address'),
    subject: ruleWith('failures_per_client'),
    tenant: ruleWith('failures_per_tenant'),
  }
}

/** The rule of a count by its name, see subject.ts. */
export function ruleOf(place: string, rules: CountRules): CountRule {
  const byLetter: Readonly<Record<string, CountRule>> = {
    p: rules.pair,
    a: rules.address,
    s: rules.subject,
  }
  return byLetter[place.slice(0, 1)] ?? rules.tenant
}

/** Whether the count has no effect any more. */
export function isForgotten(count: FailureCount, rule: CountRule, now: number): boolean {
  if (isOfWrongClock(count, now)) return true
  return remaining(count, rule, now) === 0 && now - count.at > rule.longest
}

/** What can make an attempt wait: its own count, or the wider one that changes what that allows. */
const causes = {
  pair: [
    ['pair', 'client_and_address'],
    ['subject', 'client'],
  ],
  address: [
    ['address', 'address'],
    ['tenant', 'tenant'],
  ],
} as const

/** Failures that this process counted and has not written yet. */
export interface NewFailures {
  readonly failures: number
  /** Milliseconds since the epoch of the last one. */
  readonly at: number
}

/** Failures that are written together. The number is the same each time that is tried. */
export interface FailureWrite {
  readonly number: number
  readonly failures: ReadonlyMap<string, NewFailures>
}

/** The counts of one tenant, as this process knows them. */
export class FailureBook {
  readonly #rules: CountRules
  #counts = new Map<string, FailureCount>()
  #new = new Map<string, NewFailures>()
  /** What may have been written. */
  #unsure: FailureWrite | undefined
  #lastAt = Number.NEGATIVE_INFINITY

  constructor(rules: CountRules) {
    this.#rules = rules
  }

  get size(): number {
    return this.#counts.size
  }

  /** Whether no count in it has an effect any more, as far as this process knows. */
  isOver(now: number): boolean {
    return Math.abs(now - this.#lastAt) > 3 * this.#rules.tenant.longest && !this.hasNew
  }

  /** Whether there is something to write. */
  get hasNew(): boolean {
    return this.#new.size > 0 || this.isUnsure
  }

  /** Whether the outcome of the last write is not known. */
  get isUnsure(): boolean {
    return this.#unsure !== undefined
  }

  /**
   * When the next attempt may be made (ms since the epoch). The counts of a subject and of a tenant delay only addresses that failed
   * themselves: above the free failures, every address still has one attempt, and waits after that.
   */
  findWaitEnd(places: Places, now: number): number {
    return Math.max(...Object.values(this.#endsOf(places, now)))
  }

  #endsOf(places: Places, now: number): Readonly<Record<keyof typeof causes, number>> {
    const endOf = (name: keyof typeof causes, wider: number) =>
      this.#endOf(places[name], { rule: this.#rules[name], now, wider })
    return {
      pair: endOf('pair', this.#waitOf('subject', places, now)),
      address: endOf('address', this.#waitOf('tenant', places, now)),
    }
  }

  /** The counts of these at which attempts wait between failures, because they or the wider ones are above their free failures. */
  listAbove(places: Places, now: number): string[] {
    const isAbove = (name: keyof typeof causes) => {
      const [, [wider]] = causes[name]
      return (
        this.#waitOf(name, places, now) > 0 ||
        (this.#counts.has(places[name]) && this.#waitOf(wider, places, now) > 0)
      )
    }
    return (['pair', 'address'] as const).filter(isAbove).map((name) => places[name])
  }

  /** The count because of which an attempt has to wait, and its failures. */
  findCause(places: Places, now: number): { readonly scope: Scope; readonly failures: number } {
    const ends = this.#endsOf(places, now)
    const name = ends.pair >= ends.address ? 'pair' : 'address'
    const [own, wider] = causes[name]
    const end = this.#endOf(places[name], { rule: this.#rules[name], now, wider: 0 })
    const [place, scope] = end > now ? own : wider
    return { scope, failures: Math.ceil(this.#counts.get(places[place])?.failures ?? 0) }
  }

  #endOf(place: string, { rule, now, wider }: { rule: CountRule; now: number; wider: number }): number {
    const count = this.#counts.get(place)
    if (!count || isOfWrongClock(count, now)) return 0
    return Math.max(waitsUntil(count, rule), count.at + wider)
  }

  /** Milliseconds; 0 below the free failures. */
  #waitOf(name: keyof Places, places: Places, now: number): number {
    const count = this.#counts.get(places[name])
    const rule = this.#rules[name]
    return count ? waitOf({ ...count, failures: remaining(count, rule, now) }, rule) : 0
  }

  /** Counts a failure; returns the widest count that makes attempts wait because of it, if there is one. */
  add(places: Places, now: number): Scope | undefined {
    const before = {
      subject: this.#waitOf('subject', places, now),
      tenant: this.#waitOf('tenant', places, now),
    }
    this.#lastAt = now
    for (const place of [places.pair, places.address, places.subject, places.tenant]) this.#addOne(place, now)
    if (before.tenant === 0 && this.#waitOf('tenant', places, now) > 0) return 'tenant'
    if (before.subject === 0 && this.#waitOf('subject', places, now) > 0) return 'client'
    if (this.#endOf(places.address, { rule: this.#rules.address, now, wider: 0 }) > now) return 'address'
    // If the address waits because many others failed, that was reported before.
    return this.#endOf(places.pair, { rule: this.#rules.pair, now, wider: 0 }) > now
      ? 'client_and_address'
      : undefined
  }

  #addOne(place: string, now: number): void {
    const rule = ruleOf(place, this.#rules)
    this.#counts.set(place, addFailures(this.#counts.get(place), 1, { at: now, rule }))
    this.#new.set(place, { failures: (this.#new.get(place)?.failures ?? 0) + 1, at: now })
  }

  /**
   * The failures to write: those of the last write if its outcome is not known, or the new ones, which are then no longer new. `number` is that of
   * a new write.
   */
  beginWrite(number: () => number): FailureWrite {
    if (!this.#unsure) {
      this.#unsure = { number: number(), failures: this.#new }
      this.#new = new Map()
    }
    return this.#unsure
  }

  /** Takes the counts of all processes, and adds the failures that this process counted meanwhile. */
  adopt(stored: ReadonlyMap<string, FailureCount>): void {
    this.#unsure = undefined
    this.#counts = new Map(stored)
    for (const [place, { failures, at }] of this.#new) {
      const rule = ruleOf(place, this.#rules)
      this.#counts.set(place, addFailures(this.#counts.get(place), failures, { at, rule }))
    }
  }
}
