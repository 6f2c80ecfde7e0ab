import { fillSettings } from '../config/fill-settings.ts'
import { UserSettings } from '../config/user-schema.ts'
import type { StoredRecord } from '../storage/storage.ts'
import type { Person } from './person.ts'
import type { users } from './user-row.ts'

export type StoredUser = (typeof users.schema)['static']
export type UserRow = StoredRecord<StoredUser>

/** The person of a row. */
export function buildStoredPerson({ id, value }: Pick<UserRow, 'id' | 'value'>): Person {
  return {
    ...{ sub: id, key: null, configured: false },
    ...fillSettings(UserSettings, value),
    passwordHash: value.password_hash,
    createdAt: value.created_at,
    updatedAt: value.updated_at,
  }
}
