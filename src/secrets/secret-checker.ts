import { FairGate } from '../async/fair-gate.ts'
import type { QueuePlace } from '../async/fair-queue.ts'
import { GateFull } from '../async/gate.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { Hashing, PasswordHash } from '../platform/hashing.ts'
import { GoneError, OAuthError, UnavailableError } from '../protocol/errors.ts'

/** The stored hash of a client secret. */
export type SecretHash =
  | { readonly kind: 'sha256'; readonly digest: Uint8Array }
  | { readonly kind: 'slow'; readonly text: string }

/** Parses `sha256:<hex>` or the text of an argon2id or bcrypt hash. */
export function parseSecretHash(text: string): SecretHash {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(text)?.[1]
  return hex ? { kind: 'sha256', digest: Uint8Array.fromHex(hex) } : { kind: 'slow', text }
}

export interface SecretCheckerOptions {
  readonly hashing: Hashing
  readonly passwordHash: Pick<PasswordHash, 'verify'> | undefined
  /** Slow hashes that are checked at the same time. */
  readonly atOnce: number
  /** Milliseconds, for fair turns. */
  readonly monotonic: () => number
  /** 32 random bytes that only this process has. */
  readonly memoryKey: Uint8Array
}

/** The sender of a secret. It decides when its slow check runs. */
export interface Asker {
  readonly tenantId: string
  /** Returns the source of the request, such as an address. Called only when the check has to wait. */
  readonly findSource: () => string
  /** For example a client id. */
  readonly id: string
  /** Returns the signal that tells when the client closes the connection. */
  readonly findSignal?: () => AbortSignal
  /** Whether the sender authenticated before. Called only when the check has to wait. */
  readonly isKnown?: () => Promise<boolean>
  /** Runs a slow check whose turn has come. Throws if the check is not wanted any more. Default: runs it. */
  readonly guard?: (check: () => Promise<boolean>) => Promise<boolean>
}

export interface CheckOptions {
  readonly asker: Asker
  /** Whether verified secrets are remembered and looked up. */
  readonly useMemory: boolean
  /** Whether all hashes are checked even after a match, so that the time is the same as without a match. */
  readonly isThorough?: boolean
  /**
   * Whether to skip slow checks of a hash whose right secret is remembered, and slow checks without `useMemory`, whose result decides
   * nothing.
   */
  readonly isSparing?: boolean
}

/** Slow checks that may wait for their turn; a further one is refused with 503. */
const queueLimits = { lane: 64, total: 256 }
/** Verified secrets that are remembered; at most twice as many. */
const largestMemory = 10_000

type Found = number | undefined

/**
 * Checks client secrets. A generated secret of 256 bits needs one SHA-256. Slow hashes are checked off the event loop, a few at a time.
 * A right secret is remembered under a keyed hash, so that it costs the slow check once.
 */
export class SecretChecker {
  readonly #options: SecretCheckerOptions
  readonly #gate: FairGate
  /** The keyed hash of the right secret by its slow hash. */
  readonly #verified = new BoundedMap<string>({ most: largestMemory })

  constructor(options: SecretCheckerOptions) {
    this.#options = options
    const { atOnce, monotonic } = options
    this.#gate = new FairGate({ atOnce, monotonic, limits: queueLimits })
  }

  /** The slow checks that wait, and those that found the queue full. */
  get queue(): { readonly waiting: number; readonly refused: number } {
    return this.#gate
  }

  /**
   * Returns the index of the first hash that matches; undefined for none. Without a slow hash, returns the value itself and no promise, so
   * that no other work runs before the caller uses the result. Without `useMemory`, remembers and looks up nothing, so that a check which
   * always fails takes as long as any other. Throws `temporarily_unavailable` when too many checks wait, GoneError, and the errors of `guard`.
   */
  findMatch(secret: string, hashes: readonly SecretHash[], options: CheckOptions): Found | Promise<Found> {
    const digest = this.#options.hashing.sha256(secret)
    if (hashes.every(({ kind }) => kind === 'sha256')) return this.#findFast(digest, hashes)
    if (options.useMemory) {
      // Looks up all hashes first. Otherwise a client with an old and a new secret would cost a slow check of the old one at every request.
      const known = hashes.findIndex((hash) => hash.kind === 'slow' && this.#isRemembered(secret, hash.text))
      if (known >= 0) return known
    }
    return this.#findSlowly({ secret, digest }, hashes, options)
  }

  #findFast(digest: Uint8Array, hashes: readonly SecretHash[]): Found {
    let found: Found
    // The loop does not stop at a match, because the time must not tell which hash matched.
    for (let index = hashes.length - 1; index >= 0; index--)
      if (this.#isFastMatch(digest, hashes[index])) found = index
    return found
  }

  #isFastMatch(digest: Uint8Array, hash: SecretHash | undefined): boolean {
    return hash?.kind === 'sha256' && this.#options.hashing.equal(digest, hash.digest)
  }

  async #findSlowly(
    { secret, digest }: { readonly secret: string; readonly digest: Uint8Array },
    hashes: readonly SecretHash[],
    { asker, useMemory, isThorough = false, isSparing = false }: CheckOptions,
  ): Promise<Found> {
    let found: Found
    for (const [index, hash] of hashes.entries()) {
      if (hash.kind === 'slow' && isSparing && (!useMemory || this.#verified.has(hash.text))) continue
      const isRight =
        hash.kind === 'slow'
          ? await this.#checkSlowly(secret, hash.text, asker)
          : this.#isFastMatch(digest, hash)
      if (isRight && hash.kind === 'slow' && useMemory)
        this.#verified.set(hash.text, this.#memoryOf(secret, hash.text))
      if (isRight) found ??= index
      if (isRight && !isThorough) break
    }
    return found
  }

  #memoryOf(secret: string, hash: string): string {
    return this.#options.hashing.hmacSha256(this.#options.memoryKey, `${hash}\0${secret}`).toHex()
  }

  #isRemembered(secret: string, hash: string): boolean {
    return this.#verified.get(hash) === this.#memoryOf(secret, hash)
  }

  async #checkSlowly(secret: string, hash: string, asker: Asker): Promise<boolean> {
    const { passwordHash } = this.#options
    if (!passwordHash) throw new TypeError('This runtime has no slow password hash')
    const signal = asker.findSignal?.()
    const work = async () => {
      // The client is gone, and other checks wait for their turn.
      if (signal?.aborted) throw new GoneError('The client went away')
      const check = () => passwordHash.verify(secret, hash)
      return asker.guard ? asker.guard(check) : check()
    }
    try {
      return await this.#gate.run(work, () => this.#findPlace(asker))
    } catch (cause) {
      if ([GoneError, UnavailableError, OAuthError].some((known) => cause instanceof known)) throw cause
      // Bun throws for a text that only looks like a hash.
      if (!(cause instanceof GateFull))
        throw new UnavailableError('A secret_hash cannot be checked', { cause })
      const options = { cause, retryAfterSeconds: 1 }
      throw new OAuthError('temporarily_unavailable', 'Too many requests are waiting', options)
    }
  }

  async #findPlace({ tenantId, findSource, id, isKnown }: Asker): Promise<QueuePlace> {
    const proved = (await isKnown?.()) ?? false
    // A known client is not an attacker with many ids, so it has its own place for all of its addresses.
    return { isKnown: proved, path: proved ? [tenantId, id] : [tenantId, findSource(), id] }
  }
}
