import { BoundedMap } from '../bounded-map.ts'
import { tenantIdPattern } from '../protocol/names.ts'
import { defaultOwnerOf, normalIssuer } from '../protocol/url/uri.ts'
import { type Storage, StorageError, systemTenant } from '../storage/storage.ts'
import { UniqueIndex } from '../storage/unique-index.ts'
import { buildStoredTenant, defaultIssuer, type Tenant } from './tenant.ts'
import { issuers, tenants as tenantKind } from './tenant-row.ts'

/** Stored tenants that are kept for documents; the map holds at most twice as many. */
const mostSeen = 10_000

export interface TenantRegistryOptions {
  readonly storage: Storage
  readonly publicUrl: string
}

/** All tenants, by id and by issuer: those of config.yaml and the stored ones. A tenant of config.yaml wins. */
export class TenantRegistry {
  /** The tenants of config.yaml. */
  readonly configured: readonly Tenant[]
  readonly #byId: ReadonlyMap<string, Tenant>
  readonly #byIssuer: ReadonlyMap<string, Tenant>
  readonly #options: TenantRegistryOptions
  #issuers: ReadonlySet<string> | undefined
  /** The tenants whose default issuer it is. */
  #owners: ReadonlySet<string> | undefined
  /** The last known state of stored tenants. */
  readonly #seen = new BoundedMap<Tenant>({ most: mostSeen })

  constructor(configured: readonly Tenant[], options: TenantRegistryOptions) {
    this.configured = configured
    this.#byId = new Map(configured.map((tenant) => [tenant.id, tenant]))
    this.#byIssuer = new Map(configured.map((tenant) => [tenant.issuer, tenant]))
    this.#options = options
  }

  /** Returns the active tenant of this id, compared byte for byte, or undefined. Throws StorageError. */
  async find(id: string): Promise<Tenant | undefined> {
    return activeOnly(await this.findAny(id))
  }

  /** Like {@link find}, but also returns an inactive tenant. */
  async findAny(id: string): Promise<Tenant | undefined> {
    return this.#byId.get(id) ?? (await this.#findStored(id))
  }

  /** Returns the active tenant of this issuer, compared byte for byte, or undefined. Throws StorageError. */
  async findByIssuer(issuer: string): Promise<Tenant | undefined> {
    const configured = this.#byIssuer.get(issuer)
    if (configured) return activeOnly(configured)
    const byDefault = defaultIssuer('', this.#options.publicUrl)
    const id = issuer.startsWith(byDefault)
      ? issuer.slice(byDefault.length).replace(/\/$/, '')
      : await new UniqueIndex(this.#options.storage.of(systemTenant), issuers).find(issuer)
    const tenant = id === undefined || this.#byId.has(id) ? undefined : await this.#findStored(id)
    return tenant?.issuer === issuer ? activeOnly(tenant) : undefined
  }

  /** Returns the tenant of this id in config.yaml, active or not. */
  findConfigured(id: string): Tenant | undefined {
    return this.#byId.get(id)
  }

  /** Whether a tenant of config.yaml has the issuer, in any spelling, or one that is the default issuer of `id` at some host. */
  isIssuerConfigured(issuer: string, id: string): boolean {
    this.#issuers ??= new Set(this.configured.map((tenant) => normalIssuer(tenant.issuer)))
    this.#owners ??= new Set(this.configured.flatMap((tenant) => defaultOwnerOf(tenant.issuer) ?? []))
    return this.#issuers.has(normalIssuer(issuer)) || this.#owners.has(id)
  }

  /**
   * Like {@link find}, but returns the last known state of a stored tenant while the storage is unavailable. It is for public documents,
   * because verifiers need them during an outage.
   */
  async findForDocuments(id: string): Promise<Tenant | undefined> {
    return this.#orSeen(
      () => this.find(id),
      () => this.#seen.get(id),
    )
  }

  /** Returns the first active tenant with one of these issuers, or its last known state while the storage is unavailable. */
  async findForDocumentsByIssuer(issuers: readonly string[]): Promise<Tenant | undefined> {
    return this.#orSeen(
      () => this.#findFirst(issuers),
      () => [...this.configured, ...this.#seen.values()].find(({ issuer }) => issuers.includes(issuer)),
    )
  }

  async #findFirst(issuers: readonly string[]): Promise<Tenant | undefined> {
    for (const issuer of issuers) {
      const tenant = await this.findByIssuer(issuer)
      if (tenant) return tenant
    }
    return undefined
  }

  async #orSeen(
    find: () => Promise<Tenant | undefined>,
    look: () => Tenant | undefined,
  ): Promise<Tenant | undefined> {
    try {
      return await find()
    } catch (error) {
      const seen = error instanceof StorageError ? look() : undefined
      if (!seen) throw error
      return activeOnly(seen)
    }
  }

  async #findStored(id: string): Promise<Tenant | undefined> {
    // An id of another form cannot exist, so it costs no read of the storage.
    if (!tenantIdPattern.test(id)) return undefined
    const { storage, publicUrl } = this.#options
    const found = await storage.of(systemTenant).of(tenantKind).find(id)
    const tenant = found && buildStoredTenant(id, found.value, publicUrl)
    if (tenant) this.#seen.set(id, tenant)
    else this.#seen.delete(id)
    return tenant
  }
}

function activeOnly(tenant: Tenant | undefined): Tenant | undefined {
  return tenant?.active ? tenant : undefined
}
