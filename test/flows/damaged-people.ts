import { expect } from 'bun:test'
import { signInFailures } from '../../src/limits/limit-row.ts'
import { createPerson } from '../../src/management/people/create-person.ts'
import { setPasswordByLink } from '../../src/management/people/set-password.ts'
import { DamagedRowError, type RowKey, type Storage } from '../../src/storage/storage.ts'
import { cutOff, findCutoff } from '../../src/users/cutoffs.ts'
import { findCosts, noteCost } from '../../src/users/password-costs.ts'
import { checkPassword } from '../../src/users/sign-in.ts'
import { passwordCosts, personCutoffs, userEmails, users } from '../../src/users/user-row.ts'
import type { AdminApp } from '../admin/admin-app.ts'

type World = { readonly app: AdminApp; readonly storage: Storage }

const password = 'a long new password'
const ada = 'f:ada'
const bob = 'f:bob'

/** Makes two people with a password. */
async function makeTwo({ app, storage }: World): Promise<void> {
  const deps = { ...app.deps, storage }
  const tenant = await deps.tenants.find('acme')
  if (!tenant) throw new Error('There is no tenant')
  for (const [sub, email] of [
    [ada, 'ada@example.com'],
    [bob, 'bob@example.com'],
  ] as const) {
    const person = { sub, patch: { email } }
    const { link } = await createPerson({ person, actor: { name: 'root' } }, tenant, deps)
    const text = new URL(link?.url ?? '').searchParams.get('link') ?? ''
    expect(await setPasswordByLink({ link: text, password, actor: {} }, tenant, deps)).toEqual({ sub })
  }
}

/** `in`, `wrong`, `wait`, or the kind of the damaged row. */
async function signIn({ app, storage }: World, username: string, tried = password): Promise<string> {
  const signIns = { ...app.deps.signIns, storage }
  const attempt = {
    ...{ tenant: { id: 'acme' }, username, password: tried, address: '192.0.2.1' },
    ...{ isKnownBrowser: async () => false, signal: new AbortController().signal },
  }
  const outcome = await checkPassword(attempt, { ...app.deps, signIns }).catch((cause: unknown) => {
    if (cause instanceof DamagedRowError) return { damaged: cause.key.kind }
    throw cause
  })
  if ('damaged' in outcome) return outcome.damaged
  return 'person' in outcome ? 'in' : outcome.failure
}

/** The person cannot sign in, and the others can. */
async function checkUser(world: World): Promise<void> {
  const { app } = world
  expect([await signIn(world, 'ada@example.com'), await signIn(world, 'bob@example.com')]).toEqual([
    'user',
    'in',
  ])
  const { status, body } = await app.call('GET', '/tenants/acme/users')
  expect([status, body.items.map(({ sub }: { sub: string }) => sub), body.damaged]).toEqual([
    200,
    [bob],
    [ada],
  ])
  for (const [method, path, sent] of [
    ['GET', ''],
    ['PATCH', '', { active: false }],
    ['DELETE', ''],
    ['POST', '/reset'],
    ['POST', '/sign-out'],
  ] as const) {
    const answer = await app.call(method, `/tenants/acme/users/${ada}${path}`, { body: sent, ifMatch: '*' })
    expect([method, path, answer.status]).toEqual([method, path, 503])
  }
  const again = await app.call('POST', '/tenants/acme/users', { body: { email: 'ada@example.com' } })
  expect(again.status).toBe(409)
}

/** The address is neither found nor given to somebody else. The person is found by sub. */
async function checkEmail(world: World): Promise<void> {
  const { app } = world
  expect([await signIn(world, 'ada@example.com'), await signIn(world, 'bob@example.com')]).toEqual([
    'user_email',
    'in',
  ])
  const taken = await app.call('POST', '/tenants/acme/users', { body: { email: 'ada@example.com' } })
  expect(taken.status).toBe(409)
  expect((await app.call('GET', `/tenants/acme/users/${ada}`)).status).toBe(200)
  expect((await app.call('DELETE', `/tenants/acme/users/${ada}`)).status).toBe(204)
  const free = await app.call('POST', '/tenants/acme/users', { body: { email: 'ada@example.com' } })
  expect(free.status).toBe(201)
}

/** Nobody can say what is over, so nothing of the person is good, and the others notice nothing. */
async function checkCutoff({ storage }: World): Promise<void> {
  await expect(findCutoff(storage, 'acme', { sub: ada })).rejects.toThrow(DamagedRowError)
  await expect(findCutoff(storage, 'acme', { sub: ada, clientId: 'web' })).rejects.toThrow(DamagedRowError)
  await expect(cutOff(storage, 'acme', { sub: ada, before: 2 })).rejects.toThrow(DamagedRowError)
  expect(await findCutoff(storage, 'acme', { sub: bob })).toBe(0)
}

const place = (kind: { readonly name: string }, id: string): RowKey => ({
  tenant: 'acme',
  kind: kind.name,
  id,
})

export const peopleCases = {
  user: {
    async find(world: World) {
      await makeTwo(world)
      return place(users, ada)
    },
    check: checkUser,
  },
  user_email: {
    async find(world: World) {
      await makeTwo(world)
      return place(userEmails, 'ada@example.com')
    },
    check: checkEmail,
  },
  person_cutoff: {
    async find({ storage }: World) {
      await cutOff(storage, 'acme', { sub: ada, before: 1 })
      return place(personCutoffs, ada)
    },
    check: checkCutoff,
  },
  password_costs: {
    async find({ storage }: World) {
      await noteCost(storage, 'acme', '$2b$04$rest')
      return place(passwordCosts, 'costs')
    },
    async check(world: World) {
      expect(await findCosts(world.storage, 'acme')).toEqual([])
      expect(await signIn(world, 'nobody@example.com')).toBe('wrong')
      await noteCost(world.storage, 'acme', '$2b$04$rest')
      expect(await findCosts(world.storage, 'acme')).toEqual(['$2b$04'])
    },
  },
  sign_in_failures: {
    async find(world: World) {
      await makeTwo(world)
      for (let at = 0; at < 5; at++) await signIn(world, 'ada@example.com', 'wrong')
      // The rows of the name and of the address; the name has as many failures.
      const rows = await world.storage.of('acme').of(signInFailures).list({ limit: 9 })
      for (const { id } of rows.slice(1)) await world.storage.of('acme').of(signInFailures).delete(id)
      return place(signInFailures, rows[0]?.id ?? '')
    },
    async check(world: World) {
      // What was counted is lost, and what comes is counted.
      expect(await signIn(world, 'ada@example.com')).toBe('in')
      const outcomes = []
      for (let at = 0; at < 5; at++) outcomes.push(await signIn(world, 'ada@example.com', 'wrong'))
      expect(outcomes).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'wait'])
    },
  },
}
