import type { Hashing } from '../platform/platform.ts'
import { clients as clientKind } from '../storage/records.ts'
import type { Storage } from '../storage/storage.ts'
import { buildStoredClient, type Client, type ClientSecret } from './client.ts'
import { type ConfiguredClients, noClients } from './configured-clients.ts'
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
  findDecoy(id: string): readonly ClientSecret[]
}

interface ClientsDeps {
  readonly hashing: Hashing
  readonly storage: Storage
}

/** Built clients that are kept: to build one takes less than a hundredth of a request, and all of them much memory. */
const mostBuilt = 20_000

/** Lists of scopes of which one copy is kept for all who have the same; others have their own. */
const mostLists = 1000

/** The clients of config.yaml that were built, the oldest first; no tenant id has a space in it. */
class BuiltClients {
  readonly #clients = new Map<string, Client>()
  readonly #lists = new Map<string, readonly string[]>()

  get(tenantId: string, id: string): Client | undefined {
    return this.#clients.get(`${tenantId} ${id}`)
  }

  /** The client as it is kept: what other clients have alike is theirs, so that less memory is touched by the next request. */
  keep(tenantId: string, client: Client): Client {
    const scopes = this.#share(client.scopes)
    const defaultScopes = this.#share(client.defaultScopes)
    const kept = { ...client, scopes, defaultScopes }
    this.#clients.set(`${tenantId} ${client.id}`, kept)
    const [oldest] = this.#clients.size > mostBuilt ? this.#clients.keys() : []
    if (oldest !== undefined) this.#clients.delete(oldest)
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

/** Every client, by tenant: those of config.yaml and those of the storage. A configured one wins. */
export class ClientRegistry {
  readonly #findConfigured: (tenantId: string) => ConfiguredClients | undefined
  readonly #deps: ClientsOfTenantDeps
  /** Of tenants of config.yaml that were asked for: what nobody uses is not built. */
  readonly #used = new Map<string, TenantClients>()

  /** `findConfigured` answers undefined for a tenant that is not in config.yaml. */
  constructor(findConfigured: (tenantId: string) => ConfiguredClients | undefined, deps: ClientsDeps) {
    this.#findConfigured = findConfigured
    this.#deps = { ...deps, built: new BuiltClients() }
  }

  of(tenantId: string): TenantClients {
    const known = this.#used.get(tenantId)
    if (known) return known
    const configured = this.#findConfigured(tenantId)
    const clients = new ClientsOfTenant(tenantId, configured ?? noClients, this.#deps)
    if (configured) this.#used.set(tenantId, clients)
    return clients
  }
}

interface ClientsOfTenantDeps extends ClientsDeps {
  readonly built: BuiltClients
}

class ClientsOfTenant implements TenantClients {
  readonly #tenantId: string
  readonly #source: ConfiguredClients
  readonly #deps: ClientsOfTenantDeps
  #findDecoy: FindDecoy | undefined

  constructor(tenantId: string, source: ConfiguredClients, deps: ClientsOfTenantDeps) {
    this.#tenantId = tenantId
    this.#source = source
    this.#deps = deps
  }

  async find(id: string): Promise<Client | undefined> {
    return this.findConfigured(id) ?? (await this.findStored(id))
  }

  get configured(): readonly Client[] {
    return this.#source.list()
  }

  findConfigured(id: string): Client | undefined {
    const known = this.#deps.built.get(this.#tenantId, id)
    if (known) return known
    const built = this.#source.build(id)
    return built && this.#deps.built.keep(this.#tenantId, built)
  }

  async findStored(id: string): Promise<Client | undefined> {
    const found = await this.#deps.storage.of(this.#tenantId).of(clientKind).find(id)
    return found && buildStoredClient(id, found.value)
  }

  findDecoy(id: string): readonly ClientSecret[] {
    this.#findDecoy ??= createDecoys(this.configured, this.#deps.hashing)
    return this.#findDecoy(id)
  }
}
