import type { Client } from '../../src/clients/client.ts'
import { ClientSettings } from '../../src/config/client-schema.ts'
import { fillSettings } from '../../src/config/fill-settings.ts'
import { TenantSettings } from '../../src/config/tenant-schema.ts'
import type { Tenant } from '../../src/tenants/tenant.ts'

/** A client of config.yaml without a secret; what is not given is as in a file that does not name it. */
export function aClient(id: string, given: Partial<Client> = {}): Client {
  const { name: _, default_scopes: __, ...settings } = fillSettings(ClientSettings, {})
  const identity = { id, name: id, configured: true, secrets: [] }
  return { ...settings, ...identity, default_scopes: [], ...given }
}

/** A tenant of config.yaml that issues no tokens; what is not given is as in a file that does not name it. */
export function aTenant(id: string, given: Partial<Tenant> = {}): Tenant {
  const { signing: _, ...settings } = fillSettings(TenantSettings, { name: id })
  const own = { id, configured: true, generation: undefined, issuer: `https://${id}.example` }
  return { ...settings, ...own, oauth2: null, oidc: null, ...given }
}
