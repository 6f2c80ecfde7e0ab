import type { ListedTenant } from './stored-tenants.ts'
import type { ApiKeySettings, OAuth2Settings, StoredTenant } from './tenant.ts'

/** A tenant as people see it: as it works, with the defaults filled in. */
export interface TenantView {
  id: string
  /** `config`: config.yaml defines it, and nothing else changes it. */
  source: 'config' | 'storage'
  name: string
  active: boolean
  issuer: string
  oauth2: {
    audience: string[]
    access_token_ttl: number
    access_token_typ: string
    reuse_window: number
    scopes: Record<string, string>
  } | null
  oidc: boolean
  api_keys: {
    allowed_scopes: string[]
    max_ttl: number | null
    rotation_overlap: number
    default_ttl: number | null
    max_per_client: number
  } | null
  /** Null for one of config.yaml. */
  signing: StoredTenant['signing'] | null
  /** ISO 8601; null for one of config.yaml. */
  created_at: string | null
}

export function viewTenant({ tenant, row }: ListedTenant): TenantView {
  const { id, name, active, issuer, oauth2, oidc, apiKeys } = tenant
  return {
    id,
    source: row ? 'storage' : 'config',
    name,
    active,
    issuer,
    oauth2: oauth2 ? showOAuth2(oauth2) : null,
    oidc,
    api_keys: apiKeys ? showApiKeys(apiKeys) : null,
    signing: row?.value.signing ?? null,
    created_at: row ? new Date(row.value.created_at).toISOString() : null,
  }
}

function showOAuth2({ audience, accessTokenTtl, accessTokenTyp, reuseWindow, scopes }: OAuth2Settings) {
  return {
    audience: [...audience],
    access_token_ttl: accessTokenTtl,
    access_token_typ: accessTokenTyp,
    reuse_window: reuseWindow,
    scopes: { ...scopes },
  }
}

function showApiKeys(settings: ApiKeySettings) {
  return {
    allowed_scopes: [...settings.allowedScopes],
    max_ttl: settings.maxTtl ?? null,
    rotation_overlap: settings.rotationOverlap,
    default_ttl: settings.defaultTtl ?? null,
    max_per_client: settings.maxPerClient,
  }
}
