import { LimitKey } from '../../src/limits/limit-key.ts'
import { type SignInLimitSettings, SignInLimits } from '../../src/limits/sign-in-limits.ts'
import { Passwords } from '../../src/secrets/passwords.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import type { ConfiguredPeople } from '../../src/users/configured-people.ts'
import { People } from '../../src/users/people.ts'
import type { Person } from '../../src/users/person.ts'
import { checkPassword, type PasswordAttempt } from '../../src/users/sign-in.ts'
import type { StoredUser } from '../../src/users/stored-person.ts'
import { userEmails, users } from '../../src/users/user-row.ts'
import { platform, testStart } from '../support/test-app.ts'

export const tenant = { id: 'acme' }

export const subOf = (name: string) => name.padEnd(22, '0')

export const blankUser: StoredUser = {
  email: null,
  email_verified: false,
  name: null,
  active: true,
  groups: [],
  attributes: {},
  password_hash: null,
  link: null,
  created_at: testStart,
  updated_at: testStart,
}

export interface WorldOptions {
  readonly storage?: Storage
  readonly configured?: ConfiguredPeople
  readonly settings?: Partial<SignInLimitSettings>
  /** Passwords that are checked at the same time. */
  readonly atOnce?: number
}

const settings = {
  enabled: true,
  failures_per_person: 5,
  failures_per_person_address: 20,
  longest_backoff: 900,
}

/** What signs people in, with a clock that stands still. */
export function makePeopleWorld(options: WorldOptions = {}) {
  const { storage = createMemoryStorage(), configured, atOnce = 1 } = options
  const { hashing, passwordHash, randomBytes, monotonic } = platform
  let time = testStart
  const now = () => time
  const key = new LimitKey({ storage, randomBytes })
  const limitSettings = { ...settings, ...options.settings }
  const passwords = new Passwords({ hashing, passwordHash, randomBytes, monotonic, atOnce })
  const deps = {
    people: new People((id) => (id === tenant.id ? configured : undefined), { storage }),
    signIns: {
      ...{ now, storage, passwords },
      limits: new SignInLimits({ settings: limitSettings, storage, hashing, key, now }),
    },
  }
  const known = new Set<string>()
  const asked: string[] = []
  return {
    ...{ storage, deps, now, passwords, known, asked },
    advance: (seconds: number) => {
      time += seconds * 1000
    },
    /** Makes a stored person with a password, or without one. */
    add: async (name: string, value: Partial<StoredUser> & { readonly password?: string } = {}) => {
      const { password, email = `${name}@example.com`, ...rest } = value
      const sub = subOf(name)
      const hash = password === undefined ? {} : { password_hash: await passwords.hash(password) }
      const user = { ...blankUser, email, ...hash, ...rest }
      await storage.of(tenant.id).of(users).create({ id: sub, value: user })
      if (user.email !== null)
        await storage
          .of(tenant.id)
          .of(userEmails)
          .create({ id: user.email, value: { user: sub } })
      return sub
    },
    tryPassword: (username: string, password: string, more: Partial<PasswordAttempt> = {}) =>
      checkPassword(
        {
          ...{ tenant, username, password, address: '192.0.2.1', signal: new AbortController().signal },
          isKnownBrowser: async (sub) => {
            asked.push(sub)
            return known.has(sub)
          },
          ...more,
        },
        deps,
      ),
  }
}

export function configuredPerson(key: string, more: Partial<Person> = {}): Person {
  return {
    ...{ sub: subOf(`c-${key}`), key, configured: true, email: null, email_verified: false, name: null },
    ...{ active: true, groups: [], attributes: {}, passwordHash: null, createdAt: null, updatedAt: null },
    ...more,
  }
}

export function configuredPeople(...people: readonly Person[]): ConfiguredPeople {
  return {
    list: () => people,
    find: (sub) => people.find((person) => person.sub === sub),
    findByUsername: (name) =>
      people.find(({ key, email }) => key === name || email?.toLowerCase() === name.toLowerCase()),
    costs: [],
  }
}
