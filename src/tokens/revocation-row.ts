import { Type } from '@sinclair/typebox'
import { kind } from '../storage/kind.ts'

/**
 * Tokens that are no longer good though their time is not over. Ids: `token:<jti>` for one; `client:<id>` and `tenant`
 * for all that were issued at or before `before`.
 */
export const revocations = kind(
  'revocation',
  Type.Object({
    /** Seconds since the epoch, like iat; of one token: when it was revoked. */
    before: Type.Integer(),
  }),
)
