import { fillSettings, type ReadonlySettings } from '../config/fill-settings.ts'
import { type SigningSettings, TenantSettings } from '../config/tenant-schema.ts'
import type { ListedTenant } from './stored-tenants.ts'
import { type OAuth2Settings, settingsOf } from './tenant.ts'

/** A tenant as the admin API and the command line show it, with its effective settings. */
export type TenantView = Omit<ReadonlySettings<TenantSettings>, 'issuer' | 'oauth2' | 'signing'> & {
  readonly id: string
  /** `config`: config.yaml defines it, and nothing else changes it. */
  readonly source: 'config' | 'storage'
  readonly issuer: string
  readonly oauth2: OAuth2Settings | null
  /** Null for one of config.yaml. */
  readonly signing: ReadonlySettings<SigningSettings> | null
  /** ISO 8601; null for one of config.yaml. */
  readonly created_at: string | null
}

export function viewTenant({ tenant, row }: ListedTenant): TenantView {
  const { id, issuer, oauth2 } = tenant
  return {
    id,
    source: row ? 'storage' : 'config',
    ...fillSettings(TenantSettings, tenant),
    issuer,
    oauth2,
    signing: row ? settingsOf(row.value).signing : null,
    created_at: row ? new Date(row.value.created_at).toISOString() : null,
  }
}
