import type { Client } from '../clients/client.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'

/** The client that gets tokens, and its tenant. */
export interface TokenOwner {
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
  readonly client: Client
}
