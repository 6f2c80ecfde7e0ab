import type { ClientConfig } from '../config/client-schema.ts'
import type { TenantConfig } from '../config/tenant-schema.ts'
import { buildClient, type Client } from './client.ts'

/** The clients of a tenant in config.yaml, each built at its first use. */
export interface ConfiguredClients {
  /** All of them, in the order of the file. */
  list(): readonly Client[]
  /** Undefined when there is none of this id. */
  build(id: string): Client | undefined
}

export const noClients: ConfiguredClients = { list: () => [], build: () => undefined }

/**
 * Lists the clients of a tenant of config.yaml, whose secrets are hashes already. Reading `clients` may parse all of them again.
 * `findClient` finds one client without the others; see packed-config.ts.
 */
export function listConfiguredClients(
  tenant: Pick<TenantConfig, 'clients'>,
  findClient: (id: string) => ClientConfig | undefined,
): ConfiguredClients {
  return {
    list: () => Object.entries(tenant.clients).map(([id, client]) => buildClient(id, client)),
    build: (id) => {
      const client = findClient(id)
      return client && buildClient(id, client)
    },
  }
}
