import { Type } from '@sinclair/typebox'
import { rowSchema } from '../config/row-schema.ts'
import { TenantSettings } from '../config/tenant-schema.ts'
import { indexKind, kind, Moment } from '../storage/kind.ts'

/** A tenant that the admin API made; kept under the system tenant. */
export const tenants = kind(
  'tenant',
  rowSchema(TenantSettings, {
    name: Type.String(),
    // A row without it is damaged: nothing becomes active by a default.
    active: Type.Boolean(),
    created_at: Moment,
  }),
)

/** The stored tenants by the issuers that they have of their own; kept under the system tenant. */
export const issuers = indexKind('issuer', 'tenant')
