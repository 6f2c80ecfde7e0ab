import { FairGate } from '../async/fair-gate.ts'
import type { QueuePlace } from '../async/fair-queue.ts'
import { GateFull } from '../async/gate.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { Hashing, PasswordHash } from '../platform/hashing.ts'
import { OAuthError, UnavailableError } from '../protocol/errors.ts'

/** What is kept of a client secret. */
export type SecretHash =
  | { readonly kind: 'sha256'; readonly digest: Uint8Array }
  | { readonly kind: 'slow'; readonly text: string }

/** The hash in `sha256:<hex>` or in the text of an argon2id or bcrypt hash. */
export function parseSecretHash(text: string): SecretHash {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(text)?.[1]
  return hex ? { kind: 'sha256', digest: Uint8Array.fromHex(hex) } : { kind: 'slow', text }
}

export interface SecretCheckerOptions {
  readonly hashing: Hashing
  readonly passwordHash: PasswordHash | undefined
  /** Slow hashes that are checked at the same time. */
  readonly atOnce: number
  /** 32 random bytes, of this process alone. */
  readonly memoryKey: Uint8Array
}

/** Who wants a check. It decides when a slow check has its turn. */
export interface Asker {
  readonly tenantId: string
  /** Returns where the request comes from, such as an address; called only where the check has to wait. */
  readonly findSource: () => string
  /** Such as a client id. */
  readonly id: string
  /** Tells when the client goes away. */
  readonly findSignal?: () => AbortSignal
  /** Whether it proved who it is before; called only where the check has to wait. */
  readonly isKnown?: () => Promise<boolean>
  /** Called right before a slow check starts; throws when the check is not wanted any more. */
  readonly admit?: () => void | Promise<void>
}

export interface CheckOptions {
  readonly asker: Asker
  /** Whether verified secrets are remembered and looked up. */
  readonly useMemory: boolean
  /** Whether all hashes are checked even after a match, so that it takes as long as without a match. */
  readonly isThorough?: boolean
  /**
   * Whether slow checks are skipped for a hash whose right secret is remembered, and for checks that decide nothing (without
   * `useMemory`).
   */
  readonly isSparing?: boolean
}

/** Slow checks that may wait for their turn; a further one is refused with 503. */
const queueLimits = { lane: 64, total: 256 }
/** Verified secrets that are remembered; twice as many at most. */
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
    this.#gate = new FairGate(options.atOnce, queueLimits)
  }

  /**
   * Returns the index of the first hash that matches; undefined for none. Without a slow hash it returns at once, so that nothing else
   * runs between the check and its consequence. Without `useMemory` nothing is remembered or looked up, so that a check that fails
   * anyway takes as long as every other. Throws `temporarily_unavailable` when too many wait, and what `admit` throws.
   */
  findMatch(secret: string, hashes: readonly SecretHash[], options: CheckOptions): Found | Promise<Found> {
    const digest = this.#options.hashing.sha256(secret)
    if (hashes.every(({ kind }) => kind === 'sha256')) return this.#findFast(digest, hashes)
    if (options.useMemory) {
      // Look all of them up first: else a client with an old and a new secret pays for the old one at every request.
      const known = hashes.findIndex((hash) => hash.kind === 'slow' && this.#isRemembered(secret, hash.text))
      if (known >= 0) return known
    }
    return this.#findSlowly({ secret, digest }, hashes, options)
  }

  #findFast(digest: Uint8Array, hashes: readonly SecretHash[]): Found {
    let found: Found
    // No early end: the time must not tell which of them matched.
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
      // The client does not wait for this answer any more, and other checks wait for their turn.
      if (signal?.aborted) throw new UnavailableError('The client went away')
      await asker.admit?.()
      return passwordHash.verify(secret, hash)
    }
    try {
      return await this.#gate.run(work, () => this.#findPlace(asker))
    } catch (cause) {
      if (cause instanceof UnavailableError || cause instanceof OAuthError) throw cause
      // Bun throws for a text that only looks like a hash.
      if (!(cause instanceof GateFull))
        throw new UnavailableError('A secret_hash cannot be checked', { cause })
      const options = { cause, retryAfterSeconds: 1 }
      throw new OAuthError('temporarily_unavailable', 'Too many requests are waiting', options)
    }
  }

  async #findPlace({ tenantId, findSource, id, isKnown }: Asker): Promise<QueuePlace> {
    const proved = (await isKnown?.()) ?? false
    // A known client is not an attacker with many ids, so it has its own place, wherever it comes from.
    return { isKnown: proved, path: proved ? [tenantId, id] : [tenantId, findSource(), id] }
  }
}
