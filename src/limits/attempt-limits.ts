import type { Hashing } from '../platform/hashing.ts'
import type { Platform } from '../platform/platform.ts'
import { OAuthError, tooManyRequests } from '../protocol/errors.ts'
import type { Storage } from '../storage/storage.ts'
import { groupOf } from './address-group.ts'
import { rulesOf, type Scope } from './failure-book.ts'
import { FailureBooks } from './failure-books.ts'
import { KnownAddresses } from './known-addresses.ts'
import { KnownRows } from './known-rows.ts'
import { LimitKey } from './limit-key.ts'
import type { LimitSettings } from './limit-settings.ts'
import { type Places, placesOf, type Subject } from './subject.ts'

export interface AttemptLimitsOptions extends Pick<Platform, 'after' | 'now' | 'randomBytes' | 'monotonic'> {
  readonly settings: LimitSettings
  readonly storage: Storage
  readonly hashing: Hashing
  /** Called when the storage cannot be used. */
  readonly onError: (cause: unknown) => void
}

/** The event that attempts have to wait from now on. */
export interface Block {
  readonly scope: Scope
  /** Seconds until the next attempt of the same subject from the same address. */
  readonly seconds: number
}

/** Slows down guessing of credentials; see README.md. */
export class AttemptLimits {
  readonly #parts: AttemptParts

  constructor(options: AttemptLimitsOptions) {
    const { settings, hashing, now } = options
    const books = new FailureBooks({ ...options, rules: rulesOf(settings) })
    const key = new LimitKey(options)
    const known = new KnownAddresses({ ...options, rows: new KnownRows({ ...options, key }) })
    this.#parts = { settings, hashing, now, books, known, key, running: new Set() }
  }

  /** Opens an attempt before its credentials are checked. Calls `onBlock` when its failure makes other attempts wait. */
  open(subject: Subject, onBlock: (block: Block) => void): Attempt {
    return new Attempt(subject, this.#parts, onBlock)
  }

  /** Writes all waiting counts and addresses; never throws. */
  async flush(): Promise<void> {
    await this.#parts.key.firstTry
    await Promise.all([this.#parts.books.flush(), this.#parts.known.flush()])
  }
}

interface AttemptParts extends Pick<AttemptLimitsOptions, 'settings' | 'hashing' | 'now'> {
  /** The tenants and counts at which a check runs that no other may run beside. */
  readonly running: Set<string>
  readonly books: FailureBooks
  readonly known: KnownAddresses
  readonly key: LimitKey
}

/**
 * One attempt to authenticate. Call {@link admit} at the beginning and again right before the credentials are checked, then {@link succeed}
 * or {@link fail}.
 */
export class Attempt {
  readonly #subject: Subject
  readonly #parts: AttemptParts
  readonly #onBlock: (block: Block) => void
  #places: Places | undefined
  /** Whether the attempt would have to wait, but may go on because its address is known. */
  #isLetIn = false

  constructor(subject: Subject, parts: AttemptParts, onBlock: (block: Block) => void) {
    this.#subject = subject
    this.#parts = parts
    this.#onBlock = onBlock
  }

  /** Returns the group of addresses that the attempt comes from. */
  findSource(): string {
    return groupOf(this.#subject.address())
  }

  /**
   * Throws `temporarily_unavailable` with status 429 if the attempt has to wait. Then the caller must check nothing, not even whether the
   * subject exists. In a tenant without failures the call costs one lookup in a map, and no promise. After a promise, ask again: others that
   * waited with this attempt may have failed first.
   */
  admit(): void | Promise<void> {
    const { settings, books, known, key } = this.#parts
    // Earlier failures are counted as soon as the key is read.
    if (key.firstTry) return key.firstTry.then(() => this.admit())
    const isQuiet = !settings.enabled || books.find(this.#subject.tenantId) === undefined
    if (isQuiet || this.#isLetIn || known.remembers(this.#subject) || this.#findWait() === 0) return
    return known.has(this.#subject).then((isKnown) => {
      this.#isLetIn = isKnown
      const wait = isKnown ? 0 : this.#findWait()
      if (wait > 0) throw this.#refuse(wait)
    })
  }

  /**
   * Runs a check that takes long, after it was admitted. Where attempts have to wait between failures, one check runs at a time: otherwise each
   * wait would let in as many as run at once. Throws as {@link admit} does.
   */
  async runSlowly<T>(check: () => Promise<T>): Promise<T> {
    for (let held = this.admit(); held; held = this.admit()) await held
    const { settings, books, known, running, now } = this.#parts
    if (!settings.enabled) return check()
    const above = books.find(this.#subject.tenantId)?.listAbove(this.#getPlaces(), now()) ?? []
    const names = above.map((place) => `${this.#subject.tenantId} ${place}`)
    // An address that is known is not slowed down.
    if (known.remembers(this.#subject)) return check()
    if (names.some((name) => running.has(name))) {
      if (await known.has(this.#subject)) return check()
      throw this.#refuse(1)
    }
    for (const name of names) running.add(name)
    try {
      return await check()
    } finally {
      for (const name of names) running.delete(name)
    }
  }

  /** Whether this process saw the subject succeed from this address; true if limits are off. */
  isRemembered(): boolean {
    return !this.#parts.settings.enabled || this.#parts.known.remembers(this.#subject)
  }

  /** Whether any process saw the subject succeed from this address. Asks the storage if this process did not. */
  isKnown(): Promise<boolean> {
    return this.#parts.known.has(this.#subject)
  }

  /** Whether the attempt would have to wait if its address were not known. */
  isExempt(): boolean {
    return this.#findWait() > 0
  }

  succeed(): void {
    const { settings, books, known } = this.#parts
    if (!settings.enabled) return
    // Where somebody fails, the address was read before. It must be known before somebody else has spoiled it.
    known.note(this.#subject, { isEach: books.find(this.#subject.tenantId) !== undefined })
  }

  /**
   * Counts a failure. Does not count the failure of an exempt attempt, because an attacker at the same address must not lock out the others
   * there. For such an attempt, returns the error that replaces the usual one.
   */
  fail(): OAuthError | undefined {
    const { settings, key } = this.#parts
    if (!settings.enabled) return undefined
    const keyed = key.tryFirst()
    if (keyed) {
      void keyed.then(() => this.#count())
      return undefined
    }
    const wait = this.#findWait()
    if (wait > 0) return this.#refuse(wait)
    this.#count()
    return undefined
  }

  #count(): void {
    const { books, now } = this.#parts
    const places = this.#getPlaces()
    const book = books.open(this.#subject.tenantId)
    const scope = book.add(places, now())
    if (scope) this.#onBlock({ scope, seconds: secondsUntil(book.findWaitEnd(places, now()), now()) })
  }

  /** Milliseconds; 0: none. */
  #findWait(): number {
    const { settings, books, now } = this.#parts
    const book = settings.enabled ? books.find(this.#subject.tenantId) : undefined
    return book ? Math.max(0, book.findWaitEnd(this.#getPlaces(), now()) - now()) : 0
  }

  #refuse(wait: number): OAuthError {
    const { books, now } = this.#parts
    const cause = books.find(this.#subject.tenantId)?.findCause(this.#getPlaces(), now())
    return tooManyFailures(wait, cause ?? { scope: 'client_and_address', failures: 0 })
  }

  #getPlaces(): Places {
    this.#places ??= placesOf(this.#subject, { hashing: this.#parts.hashing, key: this.#parts.key.current })
    return this.#places
  }
}

function secondsUntil(end: number, now: number): number {
  return Math.max(1, Math.ceil((end - now) / 1000))
}

const seenBy: Readonly<Record<Scope, string>> = {
  client_and_address: 'of this client from this address',
  address: 'from this address at this tenant',
  client: 'of this client from all addresses, and one from this address',
  tenant: 'at this tenant from all addresses, and some from this address',
}

function tooManyFailures(
  milliseconds: number,
  { scope, failures }: { readonly scope: Scope; readonly failures: number },
): OAuthError {
  const retryAfterSeconds = secondsUntil(milliseconds, 0)
  return new OAuthError('temporarily_unavailable', 'Too many failed attempts; try again later', {
    status: tooManyRequests,
    reason: 'too_many_failures',
    retryAfterSeconds,
    finding: {
      check: 'limit of failed attempts',
      saw: `${failures} failed attempts ${seenBy[scope]}; nothing else was checked`,
      wanted: `the next attempt ${retryAfterSeconds} s later`,
    },
  })
}
