import { Type } from '@sinclair/typebox'
import { kind, Moment, Nullable, Seconds, Texts } from '../storage/kind.ts'

/** A client that the admin API made. The members are those of config.yaml. */
export const clients = kind(
  'client',
  Type.Object({
    name: Type.String(),
    active: Type.Boolean(),
    introspect: Type.Boolean(),
    grant_types: Texts,
    scopes: Texts,
    default_scopes: Nullable(Texts),
    audience: Nullable(Texts),
    resources: Texts,
    access_token_ttl: Nullable(Seconds),
    created_at: Moment,
    secrets: Type.Array(
      Type.Object({
        id: Type.String(),
        /** sha256:<hex> */
        hash: Type.String(),
        created_at: Moment,
        not_before: Nullable(Moment),
        expires_at: Nullable(Moment),
      }),
    ),
  }),
)

/** When a client secret, of config.yaml or stored, was used last (`usedAt`); id: JSON of [client id, secret id]. */
export const secretUses = { ...kind('secret_use', Type.Object({})), fallback: {} }
