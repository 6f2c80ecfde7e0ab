import { type DamagedRow, isDamaged, type Storage } from '../storage/storage.ts'
import type { TenantPeople } from './people.ts'
import type { Person } from './person.ts'
import { buildStoredPerson, type UserRow } from './stored-person.ts'
import { users } from './user-row.ts'

/** A person of config.yaml or of the storage. */
export interface ListedPerson {
  readonly person: Person
  /** Undefined for one of config.yaml. */
  readonly row: UserRow | undefined
}

interface ListOwner {
  readonly tenant: { readonly id: string }
  readonly people: Pick<TenantPeople, 'configured' | 'findByUsername'>
}

/** Returns the people of config.yaml and of the storage, in the order of their subs. A damaged row takes the place of its person. */
export async function listPeople(
  { after, limit }: { after: string; limit: number },
  { tenant, people }: ListOwner,
  storage: Storage,
): Promise<(ListedPerson | DamagedRow)[]> {
  const rows = await storage.of(tenant.id).of(users).list({ after, limit })
  const configured = people.configured.list().filter(({ sub }) => sub > after)
  const stored = rows.filter(({ id }) => !people.configured.find(id))
  return [
    ...configured.map((person): ListedPerson => ({ person, row: undefined })),
    ...stored.map((row) => (isDamaged(row) ? row : { person: buildStoredPerson(row), row })),
  ]
    .sort((a, b) => (subOfListed(a) < subOfListed(b) ? -1 : 1))
    .slice(0, limit)
}

export function subOfListed(listed: ListedPerson | DamagedRow): string {
  return 'damage' in listed ? listed.id : listed.person.sub
}

/** Returns the person of this sub; undefined when there is none. Throws StorageError. */
export async function findPerson(
  sub: string,
  { tenant, people }: ListOwner,
  storage: Storage,
): Promise<ListedPerson | undefined> {
  const configured = people.configured.find(sub)
  if (configured) return { person: configured, row: undefined }
  const row = await storage.of(tenant.id).of(users).find(sub)
  return row && { person: buildStoredPerson(row), row }
}

/** Returns the person with this e-mail address, or key in config.yaml; undefined when there is none. Throws StorageError. */
export async function findPersonByUsername(
  username: string,
  owner: ListOwner,
  storage: Storage,
): Promise<ListedPerson | undefined> {
  const person = await owner.people.findByUsername(username)
  return person && findPerson(person.sub, owner, storage)
}
