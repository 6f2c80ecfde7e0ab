import { Type } from '@sinclair/typebox'
import { kind, Moment, Nullable } from '../../storage/kind.ts'
import { storedGrantMembers } from './person-grant.ts'

/**
 * An authorization code. The id is the SHA-256 of the code, in hex; the parent is the person. A code is used when the family that comes
 * of it exists (see families.ts), so the row does not say whether it was.
 */
export const codes = kind(
  'code',
  Type.Object({
    ...storedGrantMembers,
    redirect_uri: Type.String(),
    /** The S256 challenge of PKCE (RFC 7636); null: the request had none. */
    code_challenge: Nullable(Type.String()),
    /** When the person was known to allow it. */
    created_at: Moment,
    /** When the code ends. The row stays longer, so that a replay is seen. */
    expires_at: Moment,
    /** How often somebody came with a wrong client, redirect URI or verifier. */
    failures: Type.Integer({ minimum: 0 }),
  }),
)
