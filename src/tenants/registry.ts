import type { Tenant } from './tenant.ts'

/** Every tenant, by id and by issuer. Built once and replaced whole. */
export class TenantRegistry {
  readonly #byId: ReadonlyMap<string, Tenant>
  readonly #byIssuer: ReadonlyMap<string, Tenant>

  constructor(tenants: readonly Tenant[]) {
    this.#byId = new Map(tenants.map((tenant) => [tenant.id, tenant]))
    this.#byIssuer = new Map(tenants.map((tenant) => [tenant.issuer, tenant]))
  }

  /** The active tenant of this id, compared byte for byte; undefined when there is none. */
  find(id: string): Tenant | undefined {
    return activeOnly(this.#byId.get(id))
  }

  /** The active tenant of this issuer, compared byte for byte; undefined when there is none. */
  findByIssuer(issuer: string): Tenant | undefined {
    return activeOnly(this.#byIssuer.get(issuer))
  }

  get all(): readonly Tenant[] {
    return [...this.#byId.values()]
  }
}

function activeOnly(tenant: Tenant | undefined): Tenant | undefined {
  return tenant?.active ? tenant : undefined
}
