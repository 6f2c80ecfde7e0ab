import type { Passwords } from '../secrets/passwords.ts'
import { type Storage, StorageError } from '../storage/storage.ts'
import type { Person } from './person.ts'
import { users } from './user-row.ts'

/**
 * Replaces the hash of a password that was right, if it was made by others or at another cost. The password stays the same, so nothing
 * ends. If the row has changed since, or cannot be written, the next right password tries again.
 */
export async function replaceStaleHash(
  { tenant, password }: { readonly tenant: { readonly id: string }; readonly password: string },
  person: Person,
  { storage, passwords }: { readonly storage: Storage; readonly passwords: Pick<Passwords, 'hash'> },
): Promise<void> {
  if (person.configured) return
  const rows = storage.of(tenant.id).of(users)
  try {
    const password_hash = await passwords.hash(password)
    const row = await rows.find(person.sub)
    if (row?.value.password_hash !== person.passwordHash) return
    await rows.replace(person.sub, { ...row.value, password_hash }, { ifVersion: row.version })
  } catch (cause) {
    if (!(cause instanceof StorageError)) throw cause
  }
}
