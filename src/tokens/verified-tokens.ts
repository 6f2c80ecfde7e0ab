import type { VerifyingKey } from '../keys/signing-key.ts'
import type { AccessTokenClaims, ApiKeyClaims } from '../protocol/messages.ts'

/** What a signature vouched for: it stays true for ever, whatever becomes of the key or of the token. */
export interface RememberedToken {
  /** The key that signed it, as this very object. */
  readonly key: VerifyingKey
  readonly typ: string
  /** Frozen. */
  readonly claims: AccessTokenClaims | ApiKeyClaims
}

/** Tokens of one generation; two are remembered. */
const mostTokens = 2048
/** Characters of these tokens, for a token may have eight thousand. */
const mostCharacters = 2 * 1024 * 1024

/**
 * Remembers tokens whose signature was checked, byte for byte, so that an API that shows the same token a thousand times makes
 * this server check one signature. Whether the key still counts, the time, who issued it, and what was revoked are never
 * remembered: {@link RememberedToken} says nothing of these.
 *
 * What was used since the last change of generations outlives the next, and the others go: a Map that kept the order of use would
 * be written at each look.
 */
export class VerifiedTokens {
  #young = new Map<string, RememberedToken>()
  #old: ReadonlyMap<string, RememberedToken> = new Map()
  #characters = 0

  find(token: string): RememberedToken | undefined {
    const young = this.#young.get(token)
    if (young) return young
    const old = this.#old.get(token)
    if (old) this.#add(token, old)
    return old
  }

  keep(token: string, { key, typ, claims }: RememberedToken): void {
    // Whoever is handed the claims hands the same ones to the next request.
    for (const member of Object.values(claims)) Object.freeze(member)
    this.#add(token, { key, typ, claims: Object.freeze(claims) })
  }

  /** How many are remembered, at most. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  #add(token: string, verified: RememberedToken): void {
    if (this.#young.size >= mostTokens || this.#characters + token.length > mostCharacters) {
      this.#old = this.#young
      this.#young = new Map()
      this.#characters = 0
    }
    this.#young.set(token, verified)
    this.#characters += token.length
  }
}
