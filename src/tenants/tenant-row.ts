import { Type } from '@sinclair/typebox'
import { type SignatureAlgorithm, signatureAlgorithms } from '../protocol/algorithms.ts'
import { indexKind, kind, Moment, Nullable, Seconds, Texts } from '../storage/kind.ts'

const Algorithm = Type.Unsafe<SignatureAlgorithm>(
  Type.Union(Object.keys(signatureAlgorithms).map((name) => Type.Literal(name))),
)

const SettingsOfOAuth2 = Type.Object({
  audience: Nullable(Texts),
  access_token_ttl: Seconds,
  access_token_typ: Type.Union([Type.Literal('JWT'), Type.Literal('at+jwt')]),
  /** Rows of before it was there have none, and mean 0. */
  reuse_window: Type.Optional(Seconds),
  scopes: Type.Record(Type.String(), Type.String()),
})

/** A tenant that the admin API made; kept under the system tenant. The members are those of config.yaml. */
export const tenants = kind(
  'tenant',
  Type.Object({
    name: Type.String(),
    active: Type.Boolean(),
    issuer: Nullable(Type.String()),
    oauth2: Type.Optional(SettingsOfOAuth2),
    oidc: Type.Boolean(),
    api_keys: Type.Optional(
      Type.Object({
        allowed_scopes: Texts,
        max_ttl: Nullable(Seconds),
        rotation_overlap: Seconds,
        /** Rows of before these were there have none, and mean null and 1000. */
        default_ttl: Type.Optional(Nullable(Seconds)),
        max_per_client: Type.Optional(Type.Integer()),
      }),
    ),
    signing: Type.Object({
      algorithm: Algorithm,
      modulus_length: Type.Integer(),
      rotate_every: Nullable(Seconds),
      publish_ahead: Nullable(Seconds),
      jwks_max_age: Seconds,
    }),
    created_at: Moment,
  }),
)

/** The stored tenants by the issuers that they have of their own; kept under the system tenant. */
export const issuers = indexKind('issuer', 'tenant')
