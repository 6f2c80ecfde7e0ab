import { fillSettings, type ReadonlySettings } from '../config/fill-settings.ts'
import type { OidcSettings } from '../config/oidc-schema.ts'
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
  /** Null: this tenant is no OpenID Provider, and nobody signs in. */
  readonly oidc: OpenidSettings | null
}

/** An issuer with its own keys, clients and scopes. Its settings have the names of config.yaml. */
export type Tenant = ReadonlySettings<Omit<TenantSettings, keyof TenantIdentity | 'signing'>> & TenantIdentity

/** A tenant that issues tokens. */
export interface OAuth2Tenant {
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
}

export type OAuth2Settings = ReadonlySettings<Omit<OAuth2Config, 'audience'>> & {
  /** The aud claim when a request names no resource. */
  readonly audience: readonly string[]
}

export type OpenidSettings = ReadonlySettings<Omit<OidcSettings, 'sign_in'>> & {
  readonly sign_in: ReadonlySettings<OidcSettings['sign_in']> & {
    /** The file of the logo, as config.yaml names it. Null: none, as for every stored tenant. */
    readonly logo_file: string | null
  }
}

export type ApiKeySettings = ReadonlySettings<NonNullable<TenantSettings['api_keys']>>

/** The path of everything that a tenant serves. */
export function tenantPath(id: string): string {
  return `/api/v1/tenant/${id}`
}

export function defaultIssuer(id: string, publicUrl: string): string {
  return `${publicUrl}${tenantPath(id)}`
}

/** A tenant of config.yaml, with every default filled in. `publicUrl` has no trailing slash. */
export function buildTenant(id: string, config: TenantConfig, publicUrl: string): Tenant {
  const { oauth2 = null, oidc = null, api_keys } = config
  const settings = { ...config, oauth2, oidc, api_keys: api_keys?.enabled ? api_keys : null }
  const own = { id, configured: true, generation: undefined, publicUrl }
  return build(fillSettings(TenantSettings, settings), { ...own, logoFile: oidc?.sign_in.logo_file ?? null })
}

export type StoredTenant = (typeof tenants.schema)['static']

/** Builds a tenant of the storage. */
export function buildStoredTenant(id: string, stored: StoredTenant, publicUrl: string): Tenant {
  const own = { id, configured: false, generation: stored.created_at, publicUrl, logoFile: null }
  return build(settingsOf(stored), own)
}

/** Returns the settings of a stored tenant, with defaults for missing ones. */
export function settingsOf({ oidc, oidc_settings = {}, ...stored }: StoredTenant): TenantSettings {
  return fillSettings(TenantSettings, { ...stored, oidc: oidc ? oidc_settings : null })
}

/** Returns the value of the row of a tenant with these settings. A null block is left out, as earlier builds wrote it. */
export function storedTenant(
  { oauth2, oidc, api_keys, ...rest }: TenantSettings,
  created_at: number,
): StoredTenant {
  const blocks = { ...(oauth2 && { oauth2 }), ...(api_keys && { api_keys }) }
  return { ...rest, ...blocks, oidc: oidc !== null, ...(oidc && { oidc_settings: oidc }), created_at }
}

interface Own extends Pick<Tenant, 'id' | 'configured' | 'generation'> {
  /** The base of default issuers. */
  readonly publicUrl: string
  readonly logoFile: string | null
}

function build({ signing: _, ...settings }: TenantSettings, { publicUrl, logoFile, ...own }: Own): Tenant {
  const issuer = settings.issuer ?? defaultIssuer(own.id, publicUrl)
  const { oauth2, oidc } = settings
  return {
    ...settings,
    ...own,
    issuer,
    oauth2: oauth2 && { ...oauth2, audience: oauth2.audience ?? [issuer] },
    oidc: oidc && { ...oidc, sign_in: { ...oidc.sign_in, logo_file: logoFile } },
  }
}
