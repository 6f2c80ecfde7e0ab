import type { Storage } from '../storage/storage.ts'
import { StorageError } from '../storage/storage.ts'
import { findRevocation } from './revocations.ts'

/** The most tokens that are kept. The next one takes the place of the oldest. */
const mostRemembered = 10_000
/** The most characters of all kept tokens together. One token may have eight thousand. */
const mostCharacters = 16 * 1024 * 1024

/** A token and the data to return it again. */
export interface SharedToken {
  readonly token: string
  readonly tokenId: string
  readonly clientId: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
}

interface Recent {
  readonly minted: Promise<SharedToken>
  /** Milliseconds since the epoch: valid at `from` and later, and before `until`. */
  readonly from: number
  readonly until: number
  /** Characters. The size of the token is added when it is issued. */
  size: number
}

export interface ShareOptions {
  readonly tenantId: string
  /** JSON values that are equal for identical requests: the signing key, and all claims except the id and the times. */
  readonly sameAs: readonly unknown[]
  /** Seconds, more than 0. */
  readonly window: number
  readonly mint: () => Promise<SharedToken>
}

/**
 * Keeps recent tokens of the tenants that have a reuse_window, so that identical requests get one token and cost one signature. Each
 * process has its own. A token that is bound to its sender (RFC 7800 cnf) must never be kept here.
 */
export class RecentTokens {
  readonly #storage: Storage
  readonly #now: () => number
  /** The oldest first. */
  readonly #byRequest = new Map<string, Recent>()
  #characters = 0

  /** `now` returns milliseconds since the epoch. */
  constructor({ storage, now }: { storage: Storage; now: () => number }) {
    this.#storage = storage
    this.#now = now
  }

  /** How many are kept. */
  get size(): number {
    return this.#byRequest.size
  }

  /**
   * Returns the token of an identical request inside the window if it is not revoked, and otherwise a new one by `mint`. Also returns a new
   * one while the storage cannot be read. Throws the errors of `mint`.
   */
  async share({ tenantId, sameAs, window, mint }: ShareOptions): Promise<SharedToken> {
    const key = JSON.stringify([tenantId, ...sameAs])
    const recent = this.#find(key)
    if (!recent) return this.#mint(key, window, mint)
    const shared = await recent.minted
    const stands = await this.#stands(tenantId, shared)
    if (stands === 'unknown') return mint()
    if (stands) return shared
    this.#forget(key, recent)
    return this.share({ tenantId, sameAs, window, mint })
  }

  #find(key: string): Recent | undefined {
    const recent = this.#byRequest.get(key)
    const now = this.#now()
    // A clock that is set back must not make the window longer.
    return recent && recent.from <= now && now < recent.until ? recent : undefined
  }

  #mint(key: string, window: number, mint: () => Promise<SharedToken>): Promise<SharedToken> {
    const from = this.#now()
    const recent: Recent = { minted: mint(), from, until: from + window * 1000, size: key.length }
    const known = this.#byRequest.get(key)
    if (known) this.#forget(key, known)
    this.#byRequest.set(key, recent)
    this.#characters += recent.size
    recent.minted.then(
      ({ token }) => this.#grow(key, recent, token.length),
      () => this.#forget(key, recent),
    )
    this.#shrink(from)
    return recent.minted
  }

  #grow(key: string, recent: Recent, length: number): void {
    if (this.#byRequest.get(key) !== recent) return
    recent.size += length
    this.#characters += length
    this.#shrink(this.#now())
  }

  /** Deletes the oldest while they are out of their window, or while there are too many. */
  #shrink(now: number): void {
    for (const [key, recent] of this.#byRequest) {
      const isTooMuch = this.#byRequest.size > mostRemembered || this.#characters > mostCharacters
      if (!isTooMuch && now < recent.until) return
      this.#forget(key, recent)
    }
  }

  /** Does nothing if another request has put a new token in its place. */
  #forget(key: string, recent: Recent): void {
    if (this.#byRequest.get(key) !== recent) return
    this.#byRequest.delete(key)
    this.#characters -= recent.size
  }

  async #stands(tenantId: string, shared: SharedToken): Promise<boolean | 'unknown'> {
    try {
      const names = { jti: shared.tokenId, client_id: shared.clientId }
      const isRevokedAt = await findRevocation(this.#storage, tenantId, names)
      return isRevokedAt(shared.issuedAt) === undefined
    } catch (error) {
      if (error instanceof StorageError) return 'unknown'
      throw error
    }
  }
}
