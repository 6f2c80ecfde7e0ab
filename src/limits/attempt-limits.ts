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
  /** Told about a storage that cannot be used. */
  readonly onError: (cause: unknown) => void
}

/** Attempts have to wait from now on. */
export interface Block {
  readonly scope: Scope
  /** Seconds until the next attempt of the same subject from the same address. */
  readonly seconds: number
}

/** Slows down guessing: see README.md. */
export class AttemptLimits {
  readonly #parts: AttemptParts

  constructor(options: AttemptLimitsOptions) {
    const { settings, hashing, now } = options
    const books = new FailureBooks({ ...options, rules: rulesOf(settings) })
    const key = new LimitKey(options)
    const known = new KnownAddresses({ ...options, rows: new KnownRows({ ...options, key }) })
    this.#parts = { settings, hashing, now, books, known, key }
  }

  /** Opens an attempt before it is made. Calls `onBlock` when its failure makes other attempts wait. */
  open(subject: Subject, onBlock: (block: Block) => void): Attempt {
    return new Attempt(subject, this.#parts, onBlock)
  }

  /** Writes what waits to be written; never throws. */
  async flush(): Promise<void> {
    await this.#parts.key.firstTry
    await Promise.all([this.#parts.books.flush(), this.#parts.known.flush()])
  }
}

interface AttemptParts extends Pick<AttemptLimitsOptions, 'settings' | 'hashing' | 'now'> {
  readonly books: FailureBooks
  readonly known: KnownAddresses
  readonly key: LimitKey
}

/**
 * One attempt to prove something. Call {@link admit} at the beginning and again right before the proof is checked, then {@link succeed} or
 * {@link fail}.
 */
export class Attempt {
  readonly #subject: Subject
  readonly #parts: AttemptParts
  readonly #onBlock: (block: Block) => void
  #places: Places | undefined
  /** It would have to wait, but its address is known. */
  #isLetIn = false

  constructor(subject: Subject, parts: AttemptParts, onBlock: (block: Block) => void) {
    this.#subject = subject
    this.#parts = parts
    this.#onBlock = onBlock
  }

  /** Returns the group of addresses that it comes from. */
  findSource(): string {
    return groupOf(this.#subject.address())
  }

  /**
   * Lets the attempt go on, or throws `temporarily_unavailable` with status 429 when it has to wait. Then nothing may be checked, not even
   * whether the subject exists. In a tenant without failures it costs one lookup in a map, and no promise.
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
      if (wait > 0) throw tooManyFailures(wait)
    })
  }

  /** Whether this process saw the subject succeed from this address; true where limits are off. */
  isRemembered(): boolean {
    return !this.#parts.settings.enabled || this.#parts.known.remembers(this.#subject)
  }

  /** Whether any process saw it; asks the storage where this process does not know. */
  isKnown(): Promise<boolean> {
    return this.#parts.known.has(this.#subject)
  }

  /** Whether only its known address keeps it from having to wait. */
  isExempt(): boolean {
    return this.#findWait() > 0
  }

  succeed(): void {
    if (this.#parts.settings.enabled) this.#parts.known.note(this.#subject)
  }

  /**
   * Counts a failure. An exempt attempt is not counted, because a guessing neighbour must not spoil the address for others; then it returns
   * the error that replaces the usual one.
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
    if (wait > 0) return tooManyFailures(wait)
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

  #getPlaces(): Places {
    this.#places ??= placesOf(this.#subject, { hashing: this.#parts.hashing, key: this.#parts.key.current })
    return this.#places
  }
}

function secondsUntil(end: number, now: number): number {
  return Math.max(1, Math.ceil((end - now) / 1000))
}

function tooManyFailures(milliseconds: number): OAuthError {
  return new OAuthError('temporarily_unavailable', 'Too many failed attempts; try again later', {
    status: tooManyRequests,
    reason: 'too_many_failures',
    retryAfterSeconds: secondsUntil(milliseconds, 0),
  })
}
