import type { UserConfig } from '../config/user-schema.ts'
import type { Hashing } from '../platform/hashing.ts'
import { base64url } from '../protocol/base64url.ts'
import { costOfPassword } from '../protocol/password/password-hash.ts'
import { normalEmail } from '../protocol/people/username.ts'
import type { Person } from './person.ts'

/** The people of a tenant in config.yaml. */
export interface ConfiguredPeople {
  /** All of them, in the order of the file. */
  list(): readonly Person[]
  find(sub: string): Person | undefined
  /** By the key in the file or the e-mail address. */
  findByUsername(username: string): Person | undefined
  /** The algorithms and costs of their hashes, each once. */
  readonly costs: readonly string[]
}

export const noPeople: ConfiguredPeople = {
  list: () => [],
  find: () => undefined,
  findByUsername: () => undefined,
  costs: [],
}

/** The people under `users` of a tenant, whose passwords are hashes already. */
export function buildConfiguredPeople(
  tenantId: string,
  users: Readonly<Record<string, UserConfig>>,
  hashing: Pick<Hashing, 'sha256'>,
): ConfiguredPeople {
  const people = Object.entries(users).map(([key, user]) => buildPerson(tenantId, { key, user }, hashing))
  const bySub = new Map(people.map((person) => [person.sub, person]))
  const byKey = new Map(people.map((person) => [person.key, person]))
  const withEmail = people.flatMap((person) =>
    person.email === null ? [] : [{ person, email: person.email }],
  )
  const byEmail = new Map(withEmail.map(({ person, email }) => [normalEmail(email), person]))
  const hashes = people.flatMap(({ passwordHash }) => (passwordHash === null ? [] : [passwordHash]))
  const costs = new Set(hashes.filter((hash) => !hash.startsWith('sha256:')).map(costOfPassword))
  return {
    list: () => people,
    find: (sub) => bySub.get(sub),
    findByUsername: (username) => byKey.get(username) ?? byEmail.get(normalEmail(username)),
    costs: [...costs],
  }
}

function buildPerson(
  tenantId: string,
  { key, user }: { readonly key: string; readonly user: UserConfig },
  hashing: Pick<Hashing, 'sha256'>,
): Person {
  const { email, email_verified, name, active, groups, attributes } = user
  return {
    sub: user.sub ?? configuredSub(tenantId, key, hashing),
    ...{ key, configured: true },
    ...{ email, email_verified, name, active, groups, attributes },
    passwordHash: user.password_hash,
    createdAt: null,
    updatedAt: null,
  }
}

/** The sub of a person of config.yaml who has no `sub` there. It never changes, because tokens and other systems keep it. */
export function configuredSub(tenantId: string, key: string, hashing: Pick<Hashing, 'sha256'>): string {
  const digest = hashing.sha256(`grantd person\0${tenantId}\0${key}`)
  return base64url(digest.subarray(0, 16))
}
