import type { Hashing } from '../platform/hashing.ts'
import { lost, untilWritten, writeOver } from '../storage/compare-and-swap.ts'
import type { Records, Storage } from '../storage/storage.ts'
import { groupOf } from './address-group.ts'
import { addFailures, type CountRule, type FailureCount, remaining, waitsUntil } from './failure-count.ts'
import type { LimitKey } from './limit-key.ts'
import { signInFailures } from './limit-row.ts'

/** Members of `limits` in config.yaml. */
export interface SignInLimitSettings {
  readonly enabled: boolean
  /** Failures of one name from anywhere, and of one person from browsers that have signed in before. */
  readonly failures_per_person: number
  /** Failures of people from one address at one tenant. */
  readonly failures_per_person_address: number
  /** Seconds. */
  readonly longest_backoff: number
}

export interface SignInLimitsOptions {
  readonly settings: SignInLimitSettings
  readonly storage: Storage
  readonly hashing: Pick<Hashing, 'hmacSha256'>
  readonly key: Pick<LimitKey, 'read'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Who tries to sign in: the name that was typed, or a person at one of the browsers that have signed in before. */
export type SignInSubject = { readonly tenantId: string } & (
  | { readonly username: string; readonly address: string | undefined }
  | { readonly knownSub: string }
)

interface Count {
  readonly id: string
  readonly rule: CountRule
  /** Whether a right password ends the count. */
  readonly endsBySuccess: boolean
}

/**
 * Slows down the guessing of passwords of people. Each count is one row, which every process reads before a password is checked and writes
 * after a wrong one; see README.md.
 */
export class SignInLimits {
  readonly #options: SignInLimitsOptions
  /** The tenants and counts at which a check runs that no other may run beside. */
  readonly #running = new Set<string>()

  constructor(options: SignInLimitsOptions) {
    this.#options = options
  }

  /** Opens an attempt. Throws StorageError. */
  async open(subject: SignInSubject): Promise<SignInAttempt> {
    const { settings, key, storage, now } = this.#options
    const rows = storage.of(subject.tenantId).of(signInFailures)
    const counts = settings.enabled ? this.#countsOf(subject, await key.read()) : []
    return new SignInAttempt(counts, { rows, now, tenantId: subject.tenantId, running: this.#running })
  }

  /** Forgets the failures of a name, because the person has a new password. Throws StorageError. */
  async forget(tenantId: string, username: string): Promise<void> {
    const { settings, key, storage } = this.#options
    if (!settings.enabled) return
    const counts = this.#countsOf({ tenantId, username, address: undefined }, await key.read())
    const rows = storage.of(tenantId).of(signInFailures)
    for (const { id, endsBySuccess } of counts) if (endsBySuccess) await rows.delete(id)
  }

  /** Chooses one of the items by the text, the same at each replica, and in a way that nobody outside can know. Throws StorageError. */
  async choose<T>(text: string, items: readonly T[]): Promise<T | undefined> {
    const { hashing, key } = this.#options
    const digest = hashing.hmacSha256(await key.read(), `choice\0${text}`)
    return items[new DataView(digest.buffer, digest.byteOffset).getUint32(0) % items.length]
  }

  #countsOf(subject: SignInSubject, key: Uint8Array): Count[] {
    const { failures_per_person, failures_per_person_address, longest_backoff } = this.#options.settings
    const longest = longest_backoff * 1000
    const count = (text: string, free: number, endsBySuccess: boolean): Count => ({
      id: this.#options.hashing.hmacSha256(key, `sign-in\0${text}`).toHex().slice(0, 32),
      rule: { free, longest },
      endsBySuccess,
    })
    if ('knownSub' in subject) return [count(`known\0${subject.knownSub}`, failures_per_person, true)]
    return [
      count(`person\0${subject.username}`, failures_per_person, true),
      count(`address\0${groupOf(subject.address)}`, failures_per_person_address, false),
    ]
  }
}

interface AttemptDeps extends Pick<SignInLimitsOptions, 'now'> {
  readonly tenantId: string
  readonly running: Set<string>
  readonly rows: Records<FailureCount>
}

/** One attempt to sign in. */
export class SignInAttempt {
  readonly #counts: readonly Count[]
  readonly #deps: AttemptDeps
  /** The ids of the counts that have a row. */
  #begun: readonly string[] = []
  /** The ids of the counts that are above their free failures. */
  #above: readonly string[] = []

  constructor(counts: readonly Count[], deps: AttemptDeps) {
    this.#counts = counts
    this.#deps = deps
  }

  /** Returns the seconds until the next attempt; 0: it may be made now. Reads one statement. Throws StorageError. */
  async findWait(): Promise<number> {
    if (this.#counts.length === 0) return 0
    const found = await this.#deps.rows.findMany(this.#counts.map(({ id }) => id))
    this.#begun = found.map(({ id }) => id)
    const ruled = found.flatMap(({ id, value }) => {
      const rule = this.#counts.find((count) => count.id === id)?.rule
      return rule ? [{ id, value, rule }] : []
    })
    const now = this.#deps.now()
    this.#above = ruled
      .filter(({ value, rule }) => remaining(value, rule, now) >= rule.free)
      .map(({ id }) => id)
    return this.#secondsUntil(Math.max(0, ...ruled.map(({ value, rule }) => endOf(value, rule, now))))
  }

  /**
   * Runs the check of a password, and what counts it, after {@link findWait} said 0. Undefined: it has to wait a second, because another one
   * runs. Above the free failures one runs at a time, or each wait would let in as many as run at once.
   */
  async run<T>(check: () => Promise<T>): Promise<T | undefined> {
    const { running, tenantId } = this.#deps
    const names = this.#above.map((id) => `${tenantId} ${id}`)
    if (names.some((name) => running.has(name))) return undefined
    for (const name of names) running.add(name)
    try {
      return await check()
    } finally {
      for (const name of names) running.delete(name)
    }
  }

  /** Counts a wrong password, and returns the seconds until the next attempt. Throws StorageError. */
  async fail(): Promise<number> {
    // Together, so that the rows share one commit.
    const ends = await Promise.all(this.#counts.map((count) => this.#addOne(count)))
    return this.#secondsUntil(Math.max(0, ...ends))
  }

  /** Forgets the failures of the person. Those of the address stay. Throws StorageError. */
  async succeed(): Promise<void> {
    for (const { id, endsBySuccess } of this.#counts) {
      if (endsBySuccess && this.#begun.includes(id)) await this.#deps.rows.delete(id)
    }
  }

  /** Returns when the next attempt may be made (ms). */
  #addOne({ id, rule }: Count): Promise<number> {
    const { rows, now } = this.#deps
    return untilWritten(async () => {
      const found = await rows.find(id)
      const value = addFailures(found?.value, 1, { at: now(), rule })
      // The count is forgotten by that time.
      const expiresAt = now() + 3 * rule.longest
      return (await writeOver(rows, found, { id, value, expiresAt })) ? waitsUntil(value, rule) : lost
    })
  }

  #secondsUntil(end: number): number {
    return Math.max(0, Math.ceil((end - this.#deps.now()) / 1000))
  }
}

function endOf(count: FailureCount, rule: CountRule, now: number): number {
  return remaining(count, rule, now) === 0 ? 0 : waitsUntil(count, rule)
}
