import { BoundedMap } from '../bounded-map.ts'
import type { VerifyingKey } from '../keys/signing-key.ts'
import type { AccessTokenClaims, ApiKeyClaims } from '../protocol/messages.ts'

/** The content that a signature proves. It stays true even if the key or the token is revoked later. */
export interface RememberedToken {
  /** The key object that verified the signature. */
  readonly key: VerifyingKey
  readonly typ: string
  /** Frozen. */
  readonly claims: AccessTokenClaims | ApiKeyClaims
}

/** Tokens that are remembered; at most twice as many. */
const mostTokens = 2048
/** Characters of these tokens. One token may have eight thousand. */
const mostCharacters = 2 * 1024 * 1024

/**
 * Remembers tokens whose signatures were checked, so that an API that sends the same token a thousand times costs one check. The state of
 * the key, the time, the issuer and revocations are checked again each time.
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

  /** The number of remembered tokens. */
  get size(): number {
    return this.#tokens.size
  }
}
