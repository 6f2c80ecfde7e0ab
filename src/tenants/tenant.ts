import { fillSettings, type ReadonlySettings } from '../config/fill-settings.ts'
import { type OAuth2Config, type TenantConfig, TenantSettings } from '../config/tenant-schema.ts'
import type { tenants } from './tenant-row.ts'

/** The members of a tenant that are not settings, and the settings whose value differs from the configured one. */
interface TenantIdentity {
  readonly id: string
  /** Whether config.yaml defines the tenant. Otherwise the admin API made it. */
  readonly configured: boolean
  /** When a stored tenant was created (ms). It distinguishes tenants of the same id. Undefined for a tenant of config.yaml. */
  readonly generation: number | undefined
  readonly issuer: string
  /** Null: this tenant issues no OAuth 2.0 tokens. */
  readonly oauth2: OAuth2Settings | null
}

/** An issuer with its own keys, clients and scopes. Its settings have the names of config.yaml. */
export type Tenant = ReadonlySettings<Omit<TenantSettings, keyof TenantIdentity | 'signing'>> & TenantIdentity

export type OAuth2Settings = ReadonlySettings<Omit<OAuth2Config, 'audience'>> & {
  /** The aud claim when a request names no resource. */
  readonly audience: readonly string[]
}

export type ApiKeySettings = ReadonlySettings<NonNullable<TenantSettings['api_keys']>>

/** The path of everything that a tenant serves. */
export function tenantPath(id: string): string {
  return `/api/v1/tenant/${id}`
}

export function defaultIssuer(id: string, publicUrl: string): string {
  return `${publicUrl}${tenantPath(id)}`
}

export function buildTenant(id: string, config: TenantConfig, publicUrl: string): Tenant {
  const { oauth2 = null, oidc, api_keys } = config
  const settings = {
    ...config,
    oauth2,
    oidc: oidc !== undefined,
    api_keys: api_keys?.enabled ? api_keys : null,
  }
  return build(fillSettings(TenantSettings, settings), {
    id,
    configured: true,
    generation: undefined,
    publicUrl,
  })
}

export type StoredTenant = (typeof tenants.schema)['static']

/** Builds a tenant of the storage. */
export function buildStoredTenant(id: string, stored: StoredTenant, publicUrl: string): Tenant {
  const own = { id, configured: false, generation: stored.created_at, publicUrl }
  return build(fillSettings(TenantSettings, stored), own)
}

interface Own extends Pick<Tenant, 'id' | 'configured' | 'generation'> {
  /** The base of default issuers. */
  readonly publicUrl: string
}

function build({ signing: _, ...settings }: TenantSettings, { publicUrl, ...own }: Own): Tenant {
  const issuer = settings.issuer ?? defaultIssuer(own.id, publicUrl)
  const { oauth2 } = settings
  return {
    ...settings,
    ...own,
    issuer,
    oauth2: oauth2 && { ...oauth2, audience: oauth2.audience ?? [issuer] },
  }
}
