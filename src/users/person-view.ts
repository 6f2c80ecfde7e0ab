import { fillSettings, type ReadonlySettings } from '../config/fill-settings.ts'
import { UserSettings } from '../config/user-schema.ts'
import type { ListedPerson } from './listed-people.ts'

/** A person as the admin API and the command line show it, without the hash of the password. */
export type PersonView = ReadonlySettings<UserSettings> & {
  readonly sub: string
  /** `config`: config.yaml defines the person, and nothing else changes it. */
  readonly source: 'config' | 'storage'
  /** The name in config.yaml; null: of the storage. */
  readonly key: string | null
  readonly has_password: boolean
  /** When the open link ends, in ISO 8601; null: there is none. */
  readonly link_expires_at: string | null
  /** ISO 8601; null for one of config.yaml. */
  readonly created_at: string | null
  readonly updated_at: string | null
}

export function viewPerson({ person, row }: ListedPerson, now: number): PersonView {
  const link = row?.value.link ?? null
  return {
    sub: person.sub,
    source: row ? 'storage' : 'config',
    key: person.key,
    ...fillSettings(UserSettings, person),
    has_password: person.passwordHash !== null,
    link_expires_at: showTime(link !== null && link.expires_at > now ? link.expires_at : null),
    created_at: showTime(person.createdAt),
    updated_at: showTime(person.updatedAt),
  }
}

function showTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
