import { BoundedMap } from '../bounded-map.ts'
import type { Hashing } from '../platform/hashing.ts'
import type { Storage } from '../storage/storage.ts'
import { createDummies, type FindDummy } from './authentication/dummy-credentials.ts'
import { buildStoredClient, type Client, type Credentials } from './client.ts'
import { clients as clientKind } from './client-row.ts'
import { type ConfiguredClients, noClients } from './configured-clients.ts'

/** The clients of one tenant: the only way to them, so that a forgotten tenant cannot be written. */
export interface TenantClients {
  /**
   * Returns the client of this id, active or not; undefined when there is none. Ids are compared byte for byte. Clients of config.yaml are
   * in memory; other ids are looked up in the storage. Throws StorageError.
   */
  find(id: string): Promise<Client | undefined>
  /** The clients of config.yaml. */
  readonly configured: readonly Client[]
  findConfigured(id: string): Client | undefined
  /** Returns the client in the storage, even if config.yaml has one of the same id. Throws StorageError. */
  findStored(id: string): Promise<Client | undefined>
  /**
   * Returns the stored client of this id, or otherwise another stored client, so that the time does not tell whether the id exists. The
   * other client must never be authenticated. Undefined when the tenant has no stored client. Throws StorageError.
   */
  findNearStored(id: string): Promise<Client | undefined>
  /** Returns the credentials that an unknown id is checked against; see dummy-credentials.ts. */
  findDummy(id: string): Credentials
}

interface ClientsDeps {
  readonly hashing: Hashing
  readonly storage: Storage
}

/**
 * Built clients that are kept; at most twice as many. Not all are kept, because they take much memory and building one takes less than a
 * hundredth of the time of a request.
 */
const mostBuilt = 10_000

/** Lists of scopes that clients share, so that equal lists are kept once. */
const mostLists = 1000

/** The clients of config.yaml that were built. No tenant id has a space in it. */
class BuiltClients {
  readonly #clients = new BoundedMap<Client>({ most: mostBuilt })
  readonly #lists = new Map<string, readonly string[]>()

  get(tenantId: string, id: string): Client | undefined {
    return this.#clients.get(`${tenantId} ${id}`)
  }

  /** Keeps the client, with lists that it shares with other clients, so that the next request touches less memory. */
  keep(tenantId: string, client: Client): Client {
    const scopes = this.#share(client.scopes)
    const default_scopes = this.#share(client.default_scopes)
    const kept = { ...client, scopes, default_scopes }
    this.#clients.set(`${tenantId} ${client.id}`, kept)
    return kept
  }

  #share(list: readonly string[]): readonly string[] {
    const key = list.join(' ')
    const known = this.#lists.get(key)
    if (known) return known
    if (this.#lists.size < mostLists) this.#lists.set(key, list)
    return list
  }
}

/** A tenant of config.yaml that a request has used. */
interface UsedTenant {
  readonly source: ConfiguredClients
  findDummy: FindDummy | undefined
}

type FindConfigured = (tenantId: string) => ConfiguredClients | undefined

/** Every client, by tenant: those of config.yaml and those of the storage. A configured one wins. */
export class ClientRegistry {
  readonly #storage: Storage
  readonly #hashing: Hashing
  readonly #findConfigured: FindConfigured
  readonly #built = new BuiltClients()
  /** Tenants without a request are not in it. */
  readonly #used = new Map<string, UsedTenant>()

  /** `findConfigured` returns undefined for a tenant that is not in config.yaml. */
  constructor(findConfigured: FindConfigured, { storage, hashing }: ClientsDeps) {
    this.#findConfigured = findConfigured
    this.#storage = storage
    this.#hashing = hashing
  }

  of(tenantId: string): TenantClients {
    return new ClientsOfTenant(tenantId, this)
  }

  /** See {@link TenantClients.configured}. */
  listConfigured(tenantId: string): readonly Client[] {
    return this.#use(tenantId).source.list()
  }

  /** See {@link TenantClients}. A built client costs one lookup. */
  findConfigured(tenantId: string, id: string): Client | undefined {
    const known = this.#built.get(tenantId, id)
    if (known) return known
    const built = this.#use(tenantId).source.build(id)
    return built && this.#built.keep(tenantId, built)
  }

  /** See {@link TenantClients}. */
  async findStored(tenantId: string, id: string): Promise<Client | undefined> {
    const found = await this.#storage.of(tenantId).of(clientKind).find(id)
    return found && buildStoredClient(id, found.value)
  }

  /** See {@link TenantClients}. */
  async findNearStored(tenantId: string, id: string): Promise<Client | undefined> {
    const found = await this.#storage.of(tenantId).of(clientKind).findNear(id)
    return found && buildStoredClient(found.id, found.value)
  }

  /** See {@link TenantClients}. */
  findDummy(tenantId: string, id: string): Credentials {
    const used = this.#use(tenantId)
    used.findDummy ??= createDummies(used.source.list(), this.#hashing)
    return used.findDummy(id)
  }

  #use(tenantId: string): UsedTenant {
    const known = this.#used.get(tenantId)
    if (known) return known
    const source = this.#findConfigured(tenantId)
    const used: UsedTenant = { source: source ?? noClients, findDummy: undefined }
    // Keeps only tenants of config.yaml, because the number of stored ones has no bound.
    if (source) this.#used.set(tenantId, used)
    return used
  }
}

/** A short-lived view of one tenant. It has no state. */
class ClientsOfTenant implements TenantClients {
  readonly #tenantId: string
  readonly #registry: ClientRegistry

  constructor(tenantId: string, registry: ClientRegistry) {
    this.#tenantId = tenantId
    this.#registry = registry
  }

  async find(id: string): Promise<Client | undefined> {
    return this.findConfigured(id) ?? (await this.findStored(id))
  }

  get configured(): readonly Client[] {
    return this.#registry.listConfigured(this.#tenantId)
  }

  findConfigured(id: string): Client | undefined {
    return this.#registry.findConfigured(this.#tenantId, id)
  }

  findStored(id: string): Promise<Client | undefined> {
    return this.#registry.findStored(this.#tenantId, id)
  }

  findNearStored(id: string): Promise<Client | undefined> {
    return this.#registry.findNearStored(this.#tenantId, id)
  }

  findDummy(id: string): Credentials {
    return this.#registry.findDummy(this.#tenantId, id)
  }
}
