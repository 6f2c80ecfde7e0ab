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
 * The signing keys of a tenant: one row, id `ring`. So every step of a rotation is one compare-and-swap, and exactly one process takes
 * it. The state of a key is written here and never derived from the clock.
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
        /** The private half is in a file of this name, or in `sealed` as a JWE. Both members are missing once it is destroyed. */
        file: Type.Optional(Type.String({ pattern: keyFilePattern.source })),
        sealed: Type.Optional(Type.String()),
        /** The longest life of a token of this key that was known while it signed, in milliseconds; null: for ever. */
        token_life: Nullable(Type.Integer({ minimum: 0, maximum: mostSeconds * 1000 })),
        created_at: Moment,
        activated_at: Nullable(Moment),
        retired_at: Nullable(Moment),
      }),
    ),
    /**
     * Files of keys that left the ring with their private halves, until the files are destroyed. Rows of older builds have no such
     * member.
     */
    discarded: Type.Optional(Type.Array(Type.String({ pattern: keyFilePattern.source }))),
  }),
)

/**
 * The changes of keyrings, so that one read tells whether there is news. The version of the row `keyring` grows with every change of a
 * keyring. A row `keyring:<that version in 16 digits>` has the tenant as its parent, and expires.
 */
export const changes = { ...kind('change', Type.Object({})), fallback: {} }
