import type { Client } from './client.ts'

/** The clients of one tenant: the only way to them, so that a forgotten tenant cannot be written. */
export interface TenantClients {
  /** The client of this id, active or not, compared byte for byte; undefined when there is none. */
  find(id: string): Client | undefined
  readonly all: readonly Client[]
}

/** Every client, by tenant. Built once and replaced whole. */
export class ClientRegistry {
  readonly #byTenant: ReadonlyMap<string, TenantClients>

  constructor(byTenant: ReadonlyMap<string, readonly Client[]>) {
    this.#byTenant = new Map([...byTenant].map(([tenantId, clients]) => [tenantId, tenantClients(clients)]))
  }

  of(tenantId: string): TenantClients {
    return this.#byTenant.get(tenantId) ?? tenantClients([])
  }
}

function tenantClients(clients: readonly Client[]): TenantClients {
  const byId = new Map(clients.map((client) => [client.id, client]))
  return { find: (id) => byId.get(id), all: clients }
}
