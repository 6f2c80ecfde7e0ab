import type { Client } from '../clients/client.ts'
import type { OAuth2Tenant } from '../tenants/tenant.ts'

/** The client that gets tokens, and its tenant. */
export interface TokenOwner extends OAuth2Tenant {
  readonly client: Client
}
