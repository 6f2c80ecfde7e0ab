import { Type } from '@sinclair/typebox'
import { type SignatureAlgorithm, signatureAlgorithms } from '../../protocol/algorithms.ts'
import { PublicJwk } from '../../protocol/messages.ts'
import { mostSeconds } from '../../protocol/moment.ts'
import { keyFilePattern, kidPattern } from '../../protocol/names.ts'
import { kind, Moment, Nullable } from '../../storage/kind.ts'

const Algorithm = Type.Unsafe<SignatureAlgorithm>(
  Type.Union(Object.keys(signatureAlgorithms).map((name) => Type.Literal(name))),
)

/**
 * The signing keys of a tenant: one row, id `ring`, so that every step of a rotation is one comparison of versions and
 * exactly one process makes it. What a key does is written down and never told from the clock.
 */
export const keyrings = kind(
  'keyring',
  Type.Object({
    keys: Type.Array(
      Type.Object({
        kid: Type.String({ pattern: kidPattern.source }),
        state: Type.Union([Type.Literal('next'), Type.Literal('active'), Type.Literal('retiring')]),
        algorithm: Algorithm,
        jwk: PublicJwk,
        /** Where the private half is: in a file of this name, or here as a JWE; neither once it is destroyed. */
        file: Type.Optional(Type.String({ pattern: keyFilePattern.source })),
        sealed: Type.Optional(Type.String()),
        /** Milliseconds that a token of this key lives at most, as far as was known while it signed; null: for ever. */
        token_life: Nullable(Type.Integer({ minimum: 0, maximum: mostSeconds * 1000 })),
        created_at: Moment,
        activated_at: Nullable(Moment),
        retired_at: Nullable(Moment),
      }),
    ),
    /** Files of keys that left the ring with their private halves, until they are destroyed; rows of before it was there have none. */
    discarded: Type.Optional(Type.Array(Type.String({ pattern: keyFilePattern.source }))),
  }),
)

/**
 * What changed, so that one look tells whether there is news. The row of id `keyring` has a version that grows with every
 * change of a keyring; a row `keyring:<that version in 16 digits>` says by its parent whose it was, and expires.
 */
export const changes = { ...kind('change', Type.Object({})), fallback: {} }
