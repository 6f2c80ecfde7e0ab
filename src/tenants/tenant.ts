import { defaultMaxPerClient, type TenantConfig } from '../config/schema.ts'
import type { tenants } from './tenant-row.ts'

/** An issuer with its own keys, clients and scopes. */
export interface Tenant {
  readonly id: string
  readonly name: string
  readonly active: boolean
  /** Whether config.yaml defines it; else the admin API does. */
  readonly configured: boolean
  /** When it was made (ms), for a stored one: which of several tenants of this id, one after the other, it is. */
  readonly generation: number | undefined
  readonly issuer: string
  /** Undefined: this tenant issues no OAuth 2.0 tokens. */
  readonly oauth2: OAuth2Settings | undefined
  readonly oidc: boolean
  /** Undefined: this tenant has no API keys. */
  readonly apiKeys: ApiKeySettings | undefined
}

export interface OAuth2Settings {
  /** The aud claim when a request names no resource. */
  readonly audience: readonly string[]
  /** Seconds. */
  readonly accessTokenTtl: number
  readonly accessTokenTyp: 'JWT' | 'at+jwt'
  /** Seconds for which identical requests get one token; 0: each gets its own. */
  readonly reuseWindow: number
  /** Scope to description. */
  readonly scopes: Readonly<Record<string, string>>
}

export interface ApiKeySettings {
  /** Scopes that an API key can have. */
  readonly allowedScopes: readonly string[]
  /** Seconds; undefined: a key may live for ever. */
  readonly maxTtl: number | undefined
  /** Seconds that a rotated key works on. */
  readonly rotationOverlap: number
  /** Seconds that a key lives whose request names no life; undefined: for ever. */
  readonly defaultTtl: number | undefined
  /** Live keys that one client can have. */
  readonly maxPerClient: number
}

/** The path under which everything of a tenant is served. */
export function tenantPath(id: string): string {
  return `/api/v1/tenant/${id}`
}

export function defaultIssuer(id: string, publicUrl: string): string {
  return `${publicUrl}${tenantPath(id)}`
}

export function buildTenant(id: string, config: TenantConfig, publicUrl: string): Tenant {
  const issuer = config.issuer ?? defaultIssuer(id, publicUrl)
  const { oauth2, api_keys } = config
  return {
    id,
    name: config.name,
    active: config.active,
    configured: true,
    generation: undefined,
    issuer,
    oidc: config.oidc !== undefined,
    oauth2: oauth2 && buildOAuth2(oauth2, issuer),
    apiKeys: api_keys?.enabled ? buildApiKeys(api_keys) : undefined,
  }
}

export type StoredTenant = (typeof tenants.schema)['static']

/** A tenant that is kept in the storage. */
export function buildStoredTenant(id: string, stored: StoredTenant, publicUrl: string): Tenant {
  const issuer = stored.issuer ?? defaultIssuer(id, publicUrl)
  return {
    id,
    name: stored.name,
    active: stored.active,
    configured: false,
    generation: stored.created_at,
    issuer,
    oidc: stored.oidc,
    oauth2: stored.oauth2 && buildOAuth2(stored.oauth2, issuer),
    apiKeys: stored.api_keys && buildApiKeys(stored.api_keys),
  }
}

function buildOAuth2(oauth2: NonNullable<StoredTenant['oauth2']>, issuer: string): OAuth2Settings {
  return {
    audience: oauth2.audience ?? [issuer],
    accessTokenTtl: oauth2.access_token_ttl,
    accessTokenTyp: oauth2.access_token_typ,
    reuseWindow: oauth2.reuse_window ?? 0,
    scopes: oauth2.scopes,
  }
}

function buildApiKeys({
  allowed_scopes,
  max_ttl,
  rotation_overlap,
  default_ttl,
  max_per_client,
}: NonNullable<StoredTenant['api_keys']>): ApiKeySettings {
  return {
    allowedScopes: allowed_scopes,
    maxTtl: max_ttl ?? undefined,
    rotationOverlap: rotation_overlap,
    defaultTtl: default_ttl ?? undefined,
    maxPerClient: max_per_client ?? defaultMaxPerClient,
  }
}
