import type { StoredRecord } from '../storage/storage.ts'
import type { Person } from './person.ts'
import type { users } from './user-row.ts'

export type StoredUser = (typeof users.schema)['static']
export type UserRow = StoredRecord<StoredUser>

/** The person of a row. */
export function buildStoredPerson({ id, value }: Pick<UserRow, 'id' | 'value'>): Person {
  const { email, email_verified, name, active, groups, attributes } = value
  return {
    ...{ sub: id, key: null, configured: false },
    ...{ email, email_verified, name, active, groups, attributes },
    passwordHash: value.password_hash,
    createdAt: value.created_at,
    updatedAt: value.updated_at,
  }
}
