import { normalEmail } from '../protocol/people/username.ts'
import type { Storage, TenantStorage } from '../storage/storage.ts'
import { UniqueIndex } from '../storage/unique-index.ts'
import { type ConfiguredPeople, noPeople } from './configured-people.ts'
import type { Person } from './person.ts'
import { buildStoredPerson } from './stored-person.ts'
import { userEmails, users } from './user-row.ts'

/** The people of one tenant. One of config.yaml wins over a stored one with the same sub, key or e-mail address. */
export interface TenantPeople {
  /** The person of this sub, active or not. A stored one is read at each call. Throws StorageError. */
  find(sub: string): Promise<Person | undefined>
  /**
   * The person with this e-mail address (NFC, without case) or key in config.yaml, active or not. Reads two rows for everybody, so that the
   * time does not tell whether there is such a person. Throws StorageError.
   */
  findByUsername(username: string): Promise<Person | undefined>
  /** The people of config.yaml. */
  readonly configured: ConfiguredPeople
}

type FindConfigured = (tenantId: string) => ConfiguredPeople | undefined

/** A sub that no person has. */
export const nobody = 'A'.repeat(22)

/** Everybody, by tenant: the people of config.yaml and those of the storage. */
export class People {
  readonly #findConfigured: FindConfigured
  readonly #storage: Storage
  /** The people of config.yaml of the tenants that were asked for. */
  readonly #used = new Map<string, ConfiguredPeople>()

  /** `findConfigured` returns undefined for a tenant that is not in config.yaml. */
  constructor(findConfigured: FindConfigured, { storage }: { readonly storage: Storage }) {
    this.#findConfigured = findConfigured
    this.#storage = storage
  }

  of({ id }: { readonly id: string }): TenantPeople {
    return new PeopleOfTenant(this.#use(id), this.#storage.of(id))
  }

  #use(tenantId: string): ConfiguredPeople {
    const known = this.#used.get(tenantId)
    if (known) return known
    const configured = this.#findConfigured(tenantId)
    if (configured) this.#used.set(tenantId, configured)
    return configured ?? noPeople
  }
}

class PeopleOfTenant implements TenantPeople {
  readonly configured: ConfiguredPeople
  readonly #rows: TenantStorage

  constructor(configured: ConfiguredPeople, rows: TenantStorage) {
    this.configured = configured
    this.#rows = rows
  }

  async find(sub: string): Promise<Person | undefined> {
    return this.configured.find(sub) ?? (await this.#findStored(sub))
  }

  async findByUsername(username: string): Promise<Person | undefined> {
    const sub = await new UniqueIndex(this.#rows, userEmails).find(normalEmail(username))
    const stored = await this.#findStored(sub ?? nobody)
    const configured = this.configured.findByUsername(username)
    // An import may bring somebody whose sub is that of nobody.
    return configured ?? (sub === undefined ? undefined : stored)
  }

  async #findStored(sub: string): Promise<Person | undefined> {
    const row = await this.#rows.of(users).find(sub)
    return row && buildStoredPerson(row)
  }
}
