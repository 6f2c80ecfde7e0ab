import type { Tenant } from './tenant.ts'

/** A way to get tokens that a tenant can enable. */
export interface Strategy {
  readonly name: string
  readonly type: string
  readonly isEnabled: (tenant: Tenant) => boolean
}

export const strategies: readonly Strategy[] = [
  { name: 'oauth2', type: 'OAuth2 Authorization Server', isEnabled: (tenant) => tenant.oauth2 !== null },
  { name: 'oidc', type: 'OpenID Connect Provider', isEnabled: (tenant) => tenant.oidc !== null },
  { name: 'api_keys', type: 'API keys', isEnabled: (tenant) => tenant.api_keys !== null },
]
