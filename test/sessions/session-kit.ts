import type { SignIn } from '../../src/sessions/sessions.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { People } from '../../src/users/people.ts'
import type { Person } from '../../src/users/person.ts'
import { users } from '../../src/users/user-row.ts'
import { platform, testStart } from '../support/test-app.ts'

export const ada = 'AdaAdaAdaAdaAdaAdaAda1'
export const bob = 'BobBobBobBobBobBobBob1'

/** Sessions of two hours that end after 30 minutes without a use. */
export const acme = { id: 'acme', oidc: { session_ttl: 7200, session_idle: 1800 } } as const

/** A storage with two people, and a clock that stands still. */
export async function startSessions(storage: Storage = createMemoryStorage()) {
  let time = testStart
  const deps = {
    storage,
    now: () => time,
    randomBytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
    hashing: platform.hashing,
    people: new People(() => undefined, { storage }),
  }
  await addPerson(storage, ada)
  await addPerson(storage, bob)
  const advance = (seconds: number) => {
    time += seconds * 1000
  }
  return { deps, storage, advance }
}

export async function addPerson(storage: Storage, sub: string, more: Partial<Person> = {}): Promise<void> {
  const value = {
    ...{ email: null, email_verified: false, name: null, active: more.active ?? true, groups: [] },
    ...{ attributes: {}, password_hash: null, link: null, created_at: testStart, updated_at: testStart },
  }
  await storage.of('acme').of(users).create({ id: sub, value })
}

export function signInOf(sub: string, more: Partial<SignIn> = {}): SignIn {
  const authTime = testStart / 1000
  return { tenant: acme, person: { sub }, authTime, amr: ['pwd'], userAgent: 'Browser/1', ...more }
}
