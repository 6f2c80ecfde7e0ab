import type { Hashing, PasswordHash } from '../platform/platform.ts'
import { OAuthError, UnavailableError } from '../protocol/errors.ts'
import { Gate, GateFull } from './gate.ts'

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

export interface CheckOptions {
  /** Whether a verified secret is remembered and looked up. */
  readonly useMemory: boolean
  /** Tells when the client goes away; asked for only where there is something to wait for. */
  readonly findSignal?: () => AbortSignal
}

/** Slow checks that may wait for their turn; one more is answered 503. */
const longestQueue = 64
/** Verified secrets that are remembered. */
const largestMemory = 10_000

/**
 * Checks client secrets. A generated secret of 256 bits needs one SHA-256; a slow hash is worked on off the event
 * loop, a few at a time, and once it was right it is remembered under a keyed hash, so that it costs once.
 */
export class SecretChecker {
  readonly #options: SecretCheckerOptions
  readonly #gate: Gate
  /** In the order of use, the oldest first. */
  readonly #verified = new Set<string>()

  constructor(options: SecretCheckerOptions) {
    this.#options = options
    this.#gate = new Gate(options.atOnce, longestQueue)
  }

  /**
   * The place of the first hash whose secret it is; undefined for none. Without `useMemory` nothing is remembered or
   * looked up, so that a check that is to fail anyway takes as long as every other. Throws `temporarily_unavailable`
   * when too many wait.
   */
  async findMatch(
    secret: string,
    hashes: readonly SecretHash[],
    { useMemory, findSignal }: CheckOptions,
  ): Promise<number | undefined> {
    if (useMemory) {
      // All of them first: else a client with an old and a new secret would pay for the old one at every request.
      const known = hashes.findIndex((hash) => hash.kind === 'slow' && this.#isRemembered(secret, hash.text))
      if (known >= 0) return known
    }
    for (const [index, hash] of hashes.entries()) {
      if (await this.#checkOne(secret, hash, { useMemory, ...(findSignal && { findSignal }) })) return index
    }
    return undefined
  }

  async #checkOne(secret: string, hash: SecretHash, options: CheckOptions): Promise<boolean> {
    const { hashing } = this.#options
    if (hash.kind === 'sha256') return hashing.equal(hashing.sha256(secret), hash.digest)
    const right = await this.#checkSlowly(secret, hash.text, options.findSignal?.())
    if (right && options.useMemory) this.#remember(this.#memoryOf(secret, hash.text))
    return right
  }

  #memoryOf(secret: string, hash: string): string {
    return this.#options.hashing.hmacSha256(this.#options.memoryKey, `${hash}\0${secret}`).toHex()
  }

  #isRemembered(secret: string, hash: string): boolean {
    const memory = this.#memoryOf(secret, hash)
    if (!this.#verified.has(memory)) return false
    this.#remember(memory)
    return true
  }

  async #checkSlowly(secret: string, hash: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { passwordHash } = this.#options
    if (!passwordHash) throw new TypeError('This runtime has no slow password hash')
    try {
      return await this.#gate.run(async () => {
        // Nobody waits for this answer any more, and others wait for the turn.
        if (signal?.aborted) throw new UnavailableError('The client went away')
        return passwordHash.verify(secret, hash)
      })
    } catch (cause) {
      if (cause instanceof UnavailableError) throw cause
      // Bun throws for a hash that has the shape of one and is none.
      if (!(cause instanceof GateFull))
        throw new UnavailableError('A secret_hash cannot be checked', { cause })
      const options = { cause, retryAfterSeconds: 1 }
      throw new OAuthError('temporarily_unavailable', 'Too many requests are waiting', options)
    }
  }

  #remember(memory: string): void {
    this.#verified.delete(memory)
    this.#verified.add(memory)
    const [oldest] = this.#verified
    if (this.#verified.size > largestMemory && oldest !== undefined) this.#verified.delete(oldest)
  }
}
