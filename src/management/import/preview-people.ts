import type { Storage } from '../../storage/storage.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { readImported } from '../../users/import/imported-person.ts'
import type { FilePerson } from '../../users/import/people-file.ts'
import { checkNewPerson } from '../../users/stored-people.ts'
import {
  type ImportFault,
  type ImportOutcome,
  isOnePersons,
  isThere,
  namesOf,
  repeated,
} from '../people/import-people.ts'

/** Says what importPeople would do; changes nothing. Throws StorageError. */
export async function previewPeople(
  people: readonly FilePerson[],
  tenant: Tenant,
  { storage }: { readonly storage: Storage },
): Promise<ImportOutcome> {
  const faults: ImportFault[] = []
  const seen = new Set<string>()
  let [created, existing, withoutPassword] = [0, 0, 0]
  for (const { number, value } of people) {
    try {
      const person = readImported(value)
      checkNewPerson(person)
      const names = namesOf(person)
      if (names.some((name) => seen.has(name))) {
        faults.push({ number, message: repeated })
        continue
      }
      if (await isThere(person, tenant, storage)) existing++
      else {
        created++
        if (person.passwordHash === undefined) withoutPassword++
      }
      for (const name of names) seen.add(name)
    } catch (cause) {
      if (!isOnePersons(cause)) throw cause
      faults.push({ number, message: cause.message })
    }
  }
  return { created, existing, withoutPassword, faults }
}
