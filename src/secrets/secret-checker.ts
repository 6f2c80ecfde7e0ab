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
  /** Slow hashes worked on at once. */
  readonly atOnce: number
  /** 32 random bytes, of this process alone. */
  readonly memoryKey: Uint8Array
}

/** Who asks for a check, which decides when a slow one has its turn. */
export interface Asker {
  readonly tenantId: string
  /** Where the request comes from, such as an address; asked for only where there is something to wait for. */
  readonly findSource: () => string
  /** Such as a client id. */
  readonly id: string
  /** Tells when the client goes away. */
  readonly findSignal?: () => AbortSignal
  /** Whether it proved who it is before; asked for only where there is something to wait for. */
  readonly isKnown?: () => Promise<boolean>
  /** Called right before the work of a slow check; throws when it is not to be done any more. */
  readonly admit?: () => void | Promise<void>
}

export interface CheckOptions {
  readonly asker: Asker
  /** Whether a verified secret is remembered and looked up. */
  readonly useMemory: boolean
  /** Whether all hashes are checked even when one was right, so that it takes as long as when none is. */
  readonly isThorough?: boolean
  /**
   * Whether no slow check is made for a secret that is wrong by what is remembered, nor for one that decides nothing (without
   * `useMemory`).
   */
  readonly isSparing?: boolean
}

/** Slow checks that may wait for their turn; one more is answered 503. */
const queueLimits = { lane: 64, total: 256 }
/** Verified secrets that are remembered; twice as many at most. */
const largestMemory = 10_000

type Found = number | undefined

/**
 * Checks client secrets. A generated secret of 256 bits needs one SHA-256; a slow hash is worked on off the event
 * loop, a few at a time, and once it was right it is remembered under a keyed hash, so that it costs once.
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
   * The place of the first hash whose secret it is; undefined for none. Without a slow hash it is answered at once: nothing comes
   * between the check and what follows from it. Without `useMemory` nothing is remembered or looked up, so that a check that is to
   * fail anyway takes as long as every other. Throws `temporarily_unavailable` when too many wait, and what `admit` throws.
   */
  findMatch(secret: string, hashes: readonly SecretHash[], options: CheckOptions): Found | Promise<Found> {
    const digest = this.#options.hashing.sha256(secret)
    if (hashes.every(({ kind }) => kind === 'sha256')) return this.#findFast(digest, hashes)
    if (options.useMemory) {
      // All of them first: else a client with an old and a new secret would pay for the old one at every request.
      const known = hashes.findIndex((hash) => hash.kind === 'slow' && this.#isRemembered(secret, hash.text))
      if (known >= 0) return known
    }
    return this.#findSlowly({ secret, digest }, hashes, options)
  }

  #findFast(digest: Uint8Array, hashes: readonly SecretHash[]): Found {
    let found: Found
    // Without an early end: which of them it was is nobody's business.
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
      // Nobody waits for this answer any more, and others wait for the turn.
      if (signal?.aborted) throw new UnavailableError('The client went away')
      await asker.admit?.()
      return passwordHash.verify(secret, hash)
    }
    try {
      return await this.#gate.run(work, () => this.#findPlace(asker))
    } catch (cause) {
      if (cause instanceof UnavailableError || cause instanceof OAuthError) throw cause
      // Bun throws for a hash that has the shape of one and is none.
      if (!(cause instanceof GateFull))
        throw new UnavailableError('A secret_hash cannot be checked', { cause })
      const options = { cause, retryAfterSeconds: 1 }
      throw new OAuthError('temporarily_unavailable', 'Too many requests are waiting', options)
    }
  }

  async #findPlace({ tenantId, findSource, id, isKnown }: Asker): Promise<QueuePlace> {
    const proved = (await isKnown?.()) ?? false
    // Known ones are no strangers that hide behind many ids: what they have is theirs, wherever they come from.
    return { isKnown: proved, path: proved ? [tenantId, id] : [tenantId, findSource(), id] }
  }
}
