import { Type } from '@sinclair/typebox'
import { ClientSettings } from '../config/client-schema.ts'
import { rowSchema } from '../config/row-schema.ts'
import { kind, Moment, Nullable } from '../storage/kind.ts'

/** A client that the admin API made. */
export const clients = kind(
  'client',
  rowSchema(ClientSettings, {
    name: Type.String(),
    // A row without this member is damaged, because no client may become active by a default.
    active: Type.Boolean(),
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

/** The time of the last use (`usedAt`) of a client secret, of config.yaml or stored. Id: JSON of [client id, secret id]. */
export const secretUses = { ...kind('secret_use', Type.Object({})), fallback: {} }

/**
 * Used assertions of clients. Each row stays until its assertion expires, so that the assertion cannot be used again. Id: SHA-256 of the
 * JSON of [client id, jti], in hex.
 */
export const usedAssertions = { ...kind('used_assertion', Type.Object({})), fallback: {} }
