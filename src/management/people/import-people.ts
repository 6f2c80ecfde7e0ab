import { OAuthError } from '../../protocol/errors.ts'
import { normalEmail } from '../../protocol/people/username.ts'
import type { Storage } from '../../storage/storage.ts'
import { UniqueIndex } from '../../storage/unique-index.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { readImported } from '../../users/import/imported-person.ts'
import type { FilePerson } from '../../users/import/people-file.ts'
import { createStoredPerson, type NewPerson } from '../../users/stored-people.ts'
import { userEmails, users } from '../../users/user-row.ts'
import { type Actor, recordChange } from '../actor.ts'
import { ownerOfPeople, type PersonChangeDeps } from './person-change.ts'

export interface ImportDeps extends PersonChangeDeps {
  readonly randomBytes: (count: number) => Uint8Array
}

/** A person who was not imported. The message repeats nothing of the file. */
export interface ImportFault {
  readonly number: number
  readonly message: string
}

export interface ImportOutcome {
  readonly created: number
  /** People whose sub or e-mail address somebody has already, such as after an earlier import of the file. They stay as they are. */
  readonly existing: number
  /** Created people without a password, who need a link. */
  readonly withoutPassword: number
  readonly faults: readonly ImportFault[]
}

/** People of one transaction. */
const batchSize = 100

interface Checked {
  readonly number: number
  readonly person: NewPerson
}

/**
 * Makes the people of a file, with their subs and hashes. A second import of the same file makes nobody twice, so an import that was cut
 * off is simply repeated. Throws StorageError, and `tenant_not_found` for a stored tenant that was deleted meanwhile.
 */
export async function importPeople(
  { people, actor }: { readonly people: readonly FilePerson[]; readonly actor: Actor },
  tenant: Tenant,
  deps: ImportDeps,
): Promise<ImportOutcome> {
  const faults: ImportFault[] = []
  const seen = new Set<string>()
  let [created, existing, withoutPassword] = [0, 0, 0]
  for (let at = 0; at < people.length; at += batchSize) {
    const outcome = await importBatch(people.slice(at, at + batchSize), tenant, { ...deps, seen })
    faults.push(...outcome.faults)
    created += outcome.made.length
    existing += outcome.existing
    withoutPassword += outcome.made.filter(({ passwordHash }) => passwordHash === undefined).length
    if (outcome.made.length === 0) continue
    const detail = { count: String(outcome.made.length) }
    recordChange('user.imported', { actor, tenantId: tenant.id, detail }, deps.audit)
  }
  faults.sort((a, b) => a.number - b.number)
  return { created, existing, withoutPassword, faults }
}

interface BatchOutcome {
  readonly made: readonly NewPerson[]
  readonly existing: number
  readonly faults: readonly ImportFault[]
}

interface BatchDeps extends ImportDeps {
  /** The names of the people of the file so far; see {@link namesOf}. */
  readonly seen: Set<string>
}

async function importBatch(
  batch: readonly FilePerson[],
  tenant: Tenant,
  deps: BatchDeps,
): Promise<BatchOutcome> {
  const { checked, faults } = readBatch(batch)
  try {
    const outcome = await importTogether(checked, tenant, deps)
    return { ...outcome, faults: [...faults, ...outcome.faults] }
  } catch (cause) {
    if (!isOnePersons(cause)) throw cause
    // One of them is wrong, or was made by another process meanwhile. The transaction is undone, so each gets its own.
    const each = await Array.fromAsync(checked, (one) => importAlone(one, tenant, deps))
    return {
      made: each.flatMap(({ made }) => made),
      existing: each.reduce((sum, one) => sum + one.existing, 0),
      faults: [...faults, ...each.flatMap((one) => one.faults)],
    }
  }
}

/** Why the second person of a file with a sub or an e-mail address stays out, who would be lost in silence as one that exists. */
export const repeated = 'A person before it in the file has the sub or the e-mail address'

/** What only one person of a tenant can have. */
export function namesOf({ sub, patch: { email } }: NewPerson): string[] {
  const ofEmail = typeof email === 'string' ? [`email ${normalEmail(email)}`] : []
  return sub === undefined ? ofEmail : [...ofEmail, `sub ${sub}`]
}

/** Whether the error is about one person of a file. */
export function isOnePersons(cause: unknown): cause is OAuthError {
  return cause instanceof OAuthError && (cause.code === 'invalid_request' || cause.code === 'conflict')
}

function readBatch(batch: readonly FilePerson[]): { checked: Checked[]; faults: ImportFault[] } {
  const checked: Checked[] = []
  const faults: ImportFault[] = []
  for (const { number, value } of batch) {
    try {
      checked.push({ number, person: readImported(value) })
    } catch (cause) {
      if (!isOnePersons(cause)) throw cause
      faults.push({ number, message: cause.message })
    }
  }
  return { checked, faults }
}

/** Imports people in one transaction. Throws the error of the first who is wrong. */
async function importTogether(
  checked: readonly Checked[],
  tenant: Tenant,
  { seen, ...deps }: BatchDeps,
): Promise<BatchOutcome> {
  const owner = ownerOfPeople(tenant, deps)
  const { names, ...outcome } = await deps.storage.transaction(async (inside) => {
    const made: NewPerson[] = []
    const faults: ImportFault[] = []
    const names = new Set<string>()
    let existing = 0
    for (const { number, person } of checked) {
      const own = namesOf(person)
      if (own.some((name) => seen.has(name) || names.has(name))) {
        faults.push({ number, message: repeated })
        continue
      }
      if (await isThere(person, tenant, inside)) existing++
      else {
        await createStoredPerson(person, owner, { ...deps, storage: inside })
        made.push(person)
      }
      for (const name of own) names.add(name)
    }
    return { made, existing, faults, names }
  })
  for (const name of names) seen.add(name)
  return outcome
}

async function importAlone(one: Checked, tenant: Tenant, deps: BatchDeps): Promise<BatchOutcome> {
  try {
    return await importTogether([one], tenant, deps)
  } catch (cause) {
    if (!isOnePersons(cause)) throw cause
    return { made: [], existing: 0, faults: [{ number: one.number, message: cause.message }] }
  }
}

/** Whether somebody has the sub or the e-mail address already. Throws StorageError. */
export async function isThere({ sub, patch }: NewPerson, tenant: Tenant, inside: Storage): Promise<boolean> {
  const rows = inside.of(tenant.id)
  if (sub !== undefined && (await rows.of(users).find(sub))) return true
  const { email } = patch
  if (typeof email !== 'string') return false
  return new UniqueIndex(rows, userEmails).isAnyTaken([normalEmail(email)])
}
