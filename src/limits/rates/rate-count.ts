import { drainTime, usedAt, waitFor } from './rate-level.ts'

/** Milliseconds in which a wait is reported once. */
const reportEvery = 60_000

/** What this process knows of one sender: a {@link RateLevel} that changes. */
export class RateCount {
  readonly tenantId: string
  readonly name: string
  perMinute: number
  #toldAt = Number.NEGATIVE_INFINITY
  #used = 0
  #fresh = 0
  #inWriting = 0
  #at = 0

  constructor(tenantId: string, name: string, perMinute: number) {
    this.tenantId = tenantId
    this.name = name
    this.perMinute = perMinute
  }

  used(now: number): number {
    return usedAt({ used: this.#used, at: this.#at }, this.perMinute, now)
  }

  /** Milliseconds until one more unit fits; `times`: the capacity is that many times the rate of a minute. */
  wait(now: number, times = 1): number {
    return waitFor(this.used(now), { capacity: times * this.perMinute, perMinute: this.perMinute })
  }

  /** Milliseconds until all of the rate is there again. */
  rest(now: number): number {
    return drainTime(this.used(now), this.perMinute)
  }

  add(units: number, now: number): void {
    const used = this.used(now)
    this.#fresh = Math.min(this.#fresh, used) + units
    this.#set(Math.max(0, used + units), now)
  }

  /** Units that are to be written. What has drained since is not among them. */
  fresh(now: number): number {
    return Math.min(this.#fresh, this.used(now))
  }

  /** Units that no other process knows of: the fresh ones, and those that are being written. */
  unknown(now: number): number {
    return Math.min(this.#fresh + this.#inWriting, this.used(now))
  }

  /** Makes the fresh units those that are being written, until {@link adopt}. */
  beginWrite(now: number): void {
    this.#inWriting = this.fresh(now)
    this.#fresh = 0
  }

  /** Units that are being written. What has drained since is not among them. */
  inWriting(now: number): number {
    return Math.min(this.#inWriting, this.used(now) - this.fresh(now))
  }

  /** Takes the level of all processes, and adds what became fresh meanwhile. */
  adopt(used: number, now: number): void {
    this.#inWriting = 0
    this.#fresh = this.fresh(now)
    this.#set(used + this.#fresh, now)
  }

  /** Whether it has to be reported now that the sender has to wait: once in {@link reportEvery}, and again if the clock went back. */
  isToBeTold(now: number): boolean {
    if (Math.abs(now - this.#toldAt) < reportEvery) return false
    this.#toldAt = now
    return true
  }

  #set(used: number, now: number): void {
    this.#used = used
    this.#at = now
  }
}
