import { Type } from '@sinclair/typebox'
import { kind, Moment, Nullable, Texts } from '../../storage/kind.ts'

/** An API key. The id is the `sub` of its tokens; the parent is the client that made it. */
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
    /** The ids of its ancestors, the nearest first. Left out: it was made with an access token, or by an earlier build. */
    ancestors: Type.Optional(Texts),
    /** The tokens of the key, the newest last. There is more than one only while a rotation overlaps. */
    tokens: Type.Array(
      Type.Object({
        jti: Type.String(),
        /** SHA-256 of the JWT, in hex. */
        hash: Type.String(),
        /** When this token ends; null: with the key. */
        ends_at: Nullable(Moment),
      }),
    ),
  }),
)

/** The number of live API keys of a client; the id is the client. See api-key-count.ts. */
export const apiKeyCounts = {
  ...kind(
    'api_key_count',
    Type.Object({
      /** Never less than the real number. */
      live: Type.Integer({ minimum: 0 }),
      /** When the keys were counted last. */
      counted_at: Moment,
    }),
  ),
  // More than a client can have, so the keys are counted again.
  fallback: { live: Number.MAX_SAFE_INTEGER, counted_at: 0 },
}
