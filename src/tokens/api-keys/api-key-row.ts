import { Type } from '@sinclair/typebox'
import { kind, Moment, Nullable, Texts } from '../../storage/kind.ts'

/** An API key by its id, which is the `sub` of its tokens; parent: the client that made it. */
export const apiKeys = kind(
  'api_key',
  Type.Object({
    name: Type.String(),
    scopes: Texts,
    client_id: Type.String(),
    created_at: Moment,
    /** When the newest token of the key expires. */
    expires_at: Nullable(Moment),
    revoked_at: Nullable(Moment),
    /**
     * The keys that it descends from by their ids, the one that it was made with first. Left out: it was made with an access token,
     * or by an earlier build.
     */
    ancestors: Type.Optional(Texts),
    /** The tokens that stand for the key, the newest last: more than one only while a rotation overlaps. */
    tokens: Type.Array(
      Type.Object({
        jti: Type.String(),
        /** SHA-256 of the JWT, in hex. */
        hash: Type.String(),
        /** From when on this token is refused; null: as long as the key lives. */
        ends_at: Nullable(Moment),
      }),
    ),
  }),
)

/** How many live API keys a client has; id: the client. See tokens/api-key-count.ts. */
export const apiKeyCounts = {
  ...kind(
    'api_key_count',
    Type.Object({
      /** Never fewer than there are. */
      live: Type.Integer({ minimum: 0 }),
      /** When they were counted last. */
      counted_at: Moment,
    }),
  ),
  // More than a client can have, so that they are counted anew.
  fallback: { live: Number.MAX_SAFE_INTEGER, counted_at: 0 },
}
