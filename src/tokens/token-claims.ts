import { Value } from '@sinclair/typebox/value'
import { AccessTokenClaims, ApiKeyClaims } from '../protocol/messages.ts'

export type TokenClaims = AccessTokenClaims | ApiKeyClaims

export function isApiKey(claims: TokenClaims): claims is ApiKeyClaims {
  return 'api_key' in claims
}

/** Returns the payload of a JWT as the claims of a token of ours; undefined for any other payload. Only an API key may have no exp. */
export function readTokenClaims(payload: unknown): TokenClaims | undefined {
  if (typeof payload === 'object' && payload !== null && 'api_key' in payload) {
    return Value.Check(ApiKeyClaims, payload) ? payload : undefined
  }
  return Value.Check(AccessTokenClaims, payload) ? payload : undefined
}
