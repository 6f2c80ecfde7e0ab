import type { TenantConfig } from '../config/schema.ts'

/** An issuer with its own keys, clients and scopes. */
export interface Tenant {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly issuer: string
  /** Undefined: this tenant issues no OAuth 2.0 tokens. */
  readonly oauth2: OAuth2Settings | undefined
  readonly oidc: boolean
}

export interface OAuth2Settings {
  /** The aud claim when a request names no resource. */
  readonly audience: readonly string[]
  /** Seconds. */
  readonly accessTokenTtl: number
  readonly accessTokenTyp: 'JWT' | 'at+jwt'
  /** Scope to description. */
  readonly scopes: Readonly<Record<string, string>>
}

/** The path under which everything of a tenant is served. */
export function tenantPath(id: string): string {
  return `/api/v1/tenant/${id}`
}

export function buildTenant(id: string, config: TenantConfig, publicUrl: string): Tenant {
  const issuer = config.issuer ?? `${publicUrl}${tenantPath(id)}`
  const { oauth2 } = config
  return {
    id,
    name: config.name,
    active: config.active,
    issuer,
    oidc: config.oidc !== undefined,
    oauth2: oauth2 && {
      audience: oauth2.audience ?? [issuer],
      accessTokenTtl: oauth2.access_token_ttl,
      accessTokenTyp: oauth2.access_token_typ,
      scopes: oauth2.scopes,
    },
  }
}
