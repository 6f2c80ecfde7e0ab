import type { TenantConfig } from '../config/schema.ts'
import { buildClient, type Client } from './client.ts'

/** The clients of a tenant that are in config.yaml, each built when it is asked for. */
export interface ConfiguredClients {
  /** All of them, in the order of the file. */
  list(): readonly Client[]
  /** Undefined when there is none of this id. */
  build(id: string): Client | undefined
}

export const noClients: ConfiguredClients = { list: () => [], build: () => undefined }

/** Those of a tenant of config.yaml, whose secrets are hashes already. They are looked at anew each time: see packed-clients.ts. */
export function listConfiguredClients(tenant: Pick<TenantConfig, 'clients'>): ConfiguredClients {
  return {
    list: () => Object.entries(tenant.clients).map(([id, client]) => buildClient(id, client)),
    build: (id) => {
      const { clients } = tenant
      const client = Object.hasOwn(clients, id) ? clients[id] : undefined
      return client && buildClient(id, client)
    },
  }
}
