import { BoundedMap } from '../bounded-map.ts'
import type { VerifyingKey } from '../keys/signing-key.ts'
import type { AccessTokenClaims, ApiKeyClaims } from '../protocol/messages.ts'

/** What a signature proves. It stays true for ever, whatever happens to the key or the token. */
export interface RememberedToken {
  /** The key that signed it: this very object. */
  readonly key: VerifyingKey
  readonly typ: string
  /** Frozen. */
  readonly claims: AccessTokenClaims | ApiKeyClaims
}

/** Tokens that are remembered; twice as many at most. */
const mostTokens = 2048
/** Characters of these tokens: a token may have eight thousand. */
const mostCharacters = 2 * 1024 * 1024

/**
 * Remembers tokens whose signatures were checked, so that an API that shows the same token a thousand times costs one check. Whether
 * the key still counts, the time, the issuer and revocations are never remembered.
 */
export class VerifiedTokens {
  readonly #tokens = new BoundedMap<RememberedToken>({
    most: mostTokens,
    weigh: (token) => token.length,
    mostWeight: mostCharacters,
  })

  find(token: string): RememberedToken | undefined {
    return this.#tokens.get(token)
  }

  keep(token: string, { key, typ, claims }: RememberedToken): void {
    // Frozen, because the next request gets the same object.
    for (const member of Object.values(claims)) Object.freeze(member)
    this.#tokens.set(token, { key, typ, claims: Object.freeze(claims) })
  }

  /** How many are remembered. */
  get size(): number {
    return this.#tokens.size
  }
}
