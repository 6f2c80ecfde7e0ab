import { FairGate } from '../async/fair-gate.ts'
import type { QueuePlace } from '../async/fair-queue.ts'
import { GateFull } from '../async/gate.ts'
import type { Hashing, PasswordHash } from '../platform/hashing.ts'
import { OAuthError, UnavailableError } from '../protocol/errors.ts'
import { isTooLong, normalPassword } from '../protocol/password/password.ts'
import {
  costOfPassword,
  dummyHash,
  type PasswordHashText,
  parsePasswordHash,
} from '../protocol/password/password-hash.ts'
import { hashPbkdf2, pbkdf2Cost, verifyPbkdf2 } from './pbkdf2.ts'

export interface PasswordsOptions {
  readonly hashing: Hashing
  /** Undefined: the runtime has no argon2id, and new passwords get PBKDF2. */
  readonly passwordHash: PasswordHash | undefined
  readonly randomBytes: (count: number) => Uint8Array
  /** Passwords that are hashed at the same time. */
  readonly atOnce: number
  /** Milliseconds, for fair turns. */
  readonly monotonic: () => number
}

/** OWASP's first choice: 19 MiB and two passes take some 40 ms of one core. Memory in KiB. */
const argon2id = { memory: 19_456, passes: 2 } as const
const argon2idCost = `$argon2id$v=19$m=${argon2id.memory},t=${argon2id.passes},p=1`

/** Jobs that may wait for their turn; a further one is refused with 503. */
const queueLimits = { lane: 64, total: 256 }

/** A bcrypt reads no byte after these. */
const bcryptBytes = 72

export interface VerifiedPassword {
  readonly isRight: boolean
  /** Whether a new hash of this password should replace the stored one. */
  readonly isStale: boolean
}

/** Hashes and checks passwords of people off the event loop, a few at a time, in fair turns. It remembers no password. */
export class Passwords {
  readonly #options: PasswordsOptions
  readonly #gate: FairGate

  constructor(options: PasswordsOptions) {
    this.#options = options
    const { atOnce, monotonic } = options
    this.#gate = new FairGate({ atOnce, monotonic, limits: queueLimits })
  }

  /** The jobs that wait, and those that found the queue full. */
  get queue(): { readonly waiting: number; readonly refused: number } {
    return this.#gate
  }

  /**
   * Runs work with passwords when it is its turn. Calls `findPlace` only if the work has to wait. Throws `temporarily_unavailable` when too
   * many wait.
   */
  async inTurn<T>(work: () => Promise<T>, findPlace: () => QueuePlace): Promise<T> {
    try {
      return await this.#gate.run(work, findPlace)
    } catch (cause) {
      if (!(cause instanceof GateFull)) throw cause
      const options = { cause, retryAfterSeconds: 1 }
      throw new OAuthError('temporarily_unavailable', 'Too many requests are waiting', options)
    }
  }

  /** The hash that no password has. Its check takes as long as that of a new password. */
  get dummy(): string {
    return dummyHash(this.#options.passwordHash ? argon2idCost : pbkdf2Cost)
  }

  /**
   * Checks a password as it was typed. Call it {@link inTurn}. A password of others is tried in its normal form and as it was typed,
   * because others hash what they get. Throws UnavailableError for a hash that this runtime cannot check.
   */
  async verify(typed: string, hash: string): Promise<VerifiedPassword> {
    const parsed = parsePasswordHash(hash)
    if (!parsed) throw new UnavailableError('The hash of a password cannot be read')
    const isPossible = typed !== '' && !isTooLong(typed) && !isTooLong(normalPassword(typed))
    // Nobody has another password, and the answer takes the usual time: Bun answers at once for an empty text.
    const tried = isPossible ? [...new Set([normalPassword(typed), typed])] : ['x']
    let isRight = false
    for (const password of tried) isRight = (await this.#isRight(password, parsed)) || isRight
    return { isRight: isRight && isPossible, isStale: this.#isStale(typed, hash, parsed) }
  }

  /** Hashes a new password, with argon2id if the runtime has it. Call it {@link inTurn}. */
  hash(password: string): Promise<string> {
    const { passwordHash, randomBytes } = this.#options
    const normal = normalPassword(password)
    if (passwordHash) return passwordHash.hash(normal, argon2id)
    return hashPbkdf2(normal, Uint8Array.from(randomBytes(16)))
  }

  async #isRight(password: string, hash: PasswordHashText): Promise<boolean> {
    const { hashing, passwordHash } = this.#options
    if (hash.kind === 'sha256') return this.#isRightText(password, hash.digest)
    if (hash.kind === 'pbkdf2') return verifyPbkdf2(password, hash, hashing.equal)
    if (!passwordHash) throw new UnavailableError('This runtime cannot check an argon2id or bcrypt hash')
    if (hash.kind === 'argon2id') return passwordHash.verify(password, hash.text)
    // A C string ends at a NUL, so such a bcrypt hash would be of the part before it.
    return (await passwordHash.verify(firstBytes(password), hash.text)) && !password.includes('\0')
  }

  /** A password in clear takes as long to check as any other. */
  async #isRightText(password: string, digest: Uint8Array): Promise<boolean> {
    const { hashing, passwordHash } = this.#options
    const dummy = parsePasswordHash(this.dummy)
    if (passwordHash) await passwordHash.verify(password, this.dummy)
    else if (dummy?.kind === 'pbkdf2') await verifyPbkdf2(password, dummy, hashing.equal)
    return hashing.equal(hashing.sha256(password), digest)
  }

  /** A longer password is not proved by a bcrypt hash, so a slip of the hand after its 72 bytes must not become the new password. */
  #isStale(password: string, text: string, { kind }: PasswordHashText): boolean {
    if (kind === 'sha256') return false
    const isProved = kind !== 'bcrypt' || firstBytes(password).length < bcryptBytes
    return isProved && costOfPassword(text) !== costOfPassword(this.dummy)
  }
}

function firstBytes(password: string): Uint8Array {
  return new TextEncoder().encode(password).subarray(0, bcryptBytes)
}
