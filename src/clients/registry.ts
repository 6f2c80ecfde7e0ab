import type { Hashing } from '../platform/platform.ts'
import type { Client } from './client.ts'
import { createDecoys, type FindDecoy } from './decoys.ts'

/** The clients of one tenant: the only way to them, so that a forgotten tenant cannot be written. */
export interface TenantClients {
  /** The client of this id, active or not, compared byte for byte; undefined when there is none. */
  find(id: string): Client | undefined
  readonly all: readonly Client[]
  readonly findDecoy: FindDecoy
}

/** Every client, by tenant. Built once and replaced whole. */
export class ClientRegistry {
  readonly #byTenant: ReadonlyMap<string, TenantClients>

  readonly #none: TenantClients

  constructor(byTenant: ReadonlyMap<string, readonly Client[]>, hashing: Hashing) {
    const entries = [...byTenant].map(([id, clients]) => [id, tenantClients(clients, hashing)] as const)
    this.#byTenant = new Map(entries)
    this.#none = tenantClients([], hashing)
  }

  of(tenantId: string): TenantClients {
    return this.#byTenant.get(tenantId) ?? this.#none
  }
}

function tenantClients(clients: readonly Client[], hashing: Hashing): TenantClients {
  const byId = new Map(clients.map((client) => [client.id, client]))
  return { find: (id) => byId.get(id), all: clients, findDecoy: createDecoys(clients, hashing) }
}
