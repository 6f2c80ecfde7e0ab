import { Type } from '@sinclair/typebox'
import { kind } from '../storage/kind.ts'

/**
 * Tokens that were revoked before they expire. Ids: `token:<jti>` for one token; `client:<id>` and `tenant` for all tokens issued at or
 * before `before`. The row `tenant` of the system tenant is of a restore: see noteRestore.
 */
export const revocations = kind(
  'revocation',
  Type.Object({
    /** Seconds since the epoch, like iat. For a single token, the time of its revocation. */
    before: Type.Integer(),
    /** The same for API keys, if theirs is an earlier time. Left out: `before`. */
    api_keys_before: Type.Optional(Type.Integer()),
  }),
)
