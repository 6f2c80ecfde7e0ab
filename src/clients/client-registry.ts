import { BoundedMap } from '../bounded-map.ts'
import type { Hashing } from '../platform/hashing.ts'
import type { Storage } from '../storage/storage.ts'
import { createDummies, type DummyCredentials, type FindDummy } from './authentication/dummy-credentials.ts'
import { buildStoredClient, type Client } from './client.ts'
import { clients as clientKind } from './client-row.ts'
import { type ConfiguredClients, noClients } from './configured-clients.ts'

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
  /**
   * The stored client of this id, or where there is none another one in its place, which must never be let in: so that nobody can
   * tell by the time whether there is one. Undefined when the tenant has no stored client. Throws StorageError.
   */
  findNearStored(id: string): Promise<Client | undefined>
  /** What an unknown id is checked against: see dummy-credentials.ts. */
  findDummy(id: string): DummyCredentials
}

interface ClientsDeps {
  readonly hashing: Hashing
  readonly storage: Storage
}

/** Built clients that are kept, and twice as many at most: to build one takes less than a hundredth of a request, and all of them much memory. */
const mostBuilt = 10_000

/** Lists of scopes of which one copy is kept for all who have the same; others have their own. */
const mostLists = 1000

/** The clients of config.yaml that were built. No tenant id has a space in it. */
class BuiltClients {
  readonly #clients = new BoundedMap<Client>({ most: mostBuilt })
  readonly #lists = new Map<string, readonly string[]>()

  get(tenantId: string, id: string): Client | undefined {
    return this.#clients.get(`${tenantId} ${id}`)
  }

  /** The client as it is kept: what other clients have alike is theirs, so that less memory is touched by the next request. */
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

/** A tenant of config.yaml some of whose clients were asked for. */
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
  /** What nobody uses is not built. */
  readonly #used = new Map<string, UsedTenant>()

  /** `findConfigured` answers undefined for a tenant that is not in config.yaml. */
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

  /** See {@link TenantClients}. A client that was built costs one look. */
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
  findDummy(tenantId: string, id: string): DummyCredentials {
    const used = this.#use(tenantId)
    used.findDummy ??= createDummies(used.source.list(), this.#hashing)
    return used.findDummy(id)
  }

  #use(tenantId: string): UsedTenant {
    const known = this.#used.get(tenantId)
    if (known) return known
    const source = this.#findConfigured(tenantId)
    const used: UsedTenant = { source: source ?? noClients, findDummy: undefined }
    // Anybody who makes tenants could fill this with those of the storage.
    if (source) this.#used.set(tenantId, used)
    return used
  }
}

/** A moment's look at one tenant: it keeps nothing. */
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

  findDummy(id: string): DummyCredentials {
    return this.#registry.findDummy(this.#tenantId, id)
  }
}
