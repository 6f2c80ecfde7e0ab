import type { Hashing } from '../platform/platform.ts'
import { clients as clientKind } from '../storage/records.ts'
import type { Storage } from '../storage/storage.ts'
import { buildStoredClient, type Client } from './client.ts'
import { createDecoys, type FindDecoy } from './decoys.ts'

/** The clients of one tenant: the only way to them, so that a forgotten tenant cannot be written. */
export interface TenantClients {
  /**
   * The client of this id, active or not, compared byte for byte; undefined when there is none. Those of config.yaml are at
   * hand; any other id is asked of the storage. Throws StorageError.
   */
  find(id: string): Promise<Client | undefined>
  /** Those of config.yaml. */
  readonly configured: readonly Client[]
  findConfigured(id: string): Client | undefined
  /** The one that the storage has, even where config.yaml has one of the same id. Throws StorageError. */
  findStored(id: string): Promise<Client | undefined>
  readonly findDecoy: FindDecoy
}

interface ConfiguredClients {
  readonly all: readonly Client[]
  readonly byId: ReadonlyMap<string, Client>
  readonly findDecoy: FindDecoy
}

/** Every client, by tenant: those of config.yaml and those of the storage. A configured one wins. */
export class ClientRegistry {
  readonly #configured: ReadonlyMap<string, ConfiguredClients>
  readonly #none: ConfiguredClients
  readonly #storage: Storage

  constructor(
    byTenant: ReadonlyMap<string, readonly Client[]>,
    { hashing, storage }: { hashing: Hashing; storage: Storage },
  ) {
    this.#configured = new Map(
      [...byTenant].map(([id, clients]) => [id, indexClients(clients, hashing)] as const),
    )
    this.#none = indexClients([], hashing)
    this.#storage = storage
  }

  of(tenantId: string): TenantClients {
    const configured = this.#configured.get(tenantId) ?? this.#none
    const findStored = async (id: string) => {
      const found = await this.#storage.of(tenantId).of(clientKind).find(id)
      return found && buildStoredClient(id, found.value)
    }
    return {
      find: async (id) => configured.byId.get(id) ?? (await findStored(id)),
      configured: configured.all,
      findConfigured: (id) => configured.byId.get(id),
      findStored,
      findDecoy: configured.findDecoy,
    }
  }
}

function indexClients(clients: readonly Client[], hashing: Hashing): ConfiguredClients {
  const byId = new Map(clients.map((client) => [client.id, client]))
  return { byId, all: clients, findDecoy: createDecoys(clients, hashing) }
}
