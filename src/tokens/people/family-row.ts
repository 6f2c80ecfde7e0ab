import { Type } from '@sinclair/typebox'
import { kind, Moment, Nullable } from '../../storage/kind.ts'
import { storedGrantMembers } from './person-grant.ts'

/**
 * Everything that came of one code or one device: access tokens, whose jti begin with the id, and at most one refresh token. The parent is
 * the person. The id tells nobody the refresh token; see families.ts.
 */
export const families = kind(
  'family',
  Type.Object({
    ...storedGrantMembers,
    /** When the person allowed it. The life of the refresh token counts from here. */
    created_at: Moment,
    /** When a reuse or a revocation ended it; null: it was not. */
    ended_at: Nullable(Moment),
    /** Null: the client gets no refresh token. */
    refresh: Nullable(
      Type.Object({
        /** SHA-256 of the secret of the token that is good now, in hex. */
        current: Type.String(),
        /** That of the token before; null: there was none. */
        previous: Nullable(Type.String()),
        /** Base64url: with it, the secret of the token before gives that of the current one. Useless without that secret. */
        salt: Type.String(),
        rotated_at: Moment,
      }),
    ),
  }),
)
