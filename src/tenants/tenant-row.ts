import { Type } from '@sinclair/typebox'
import { OidcSettings } from '../config/oidc-schema.ts'
import { rowSchema } from '../config/row-schema.ts'
import { TenantSettings } from '../config/tenant-schema.ts'
import { indexKind, kind, Moment } from '../storage/kind.ts'

/** A tenant that the admin API made; kept under the system tenant. */
export const tenants = kind(
  'tenant',
  rowSchema(TenantSettings, {
    name: Type.String(),
    // A row without this member is damaged, because no tenant may become active by a default.
    active: Type.Boolean(),
    created_at: Moment,
    // An earlier build wrote this member alone, and still reads it while replicas are updated one after the other.
    oidc: Type.Optional(Type.Boolean()),
    /** The settings where `oidc` is true; default: their defaults. */
    oidc_settings: Type.Optional(rowSchema(OidcSettings, {})),
  }),
)

/** The stored tenants by their configured issuers; kept under the system tenant. */
export const issuers = indexKind('issuer', 'tenant')
