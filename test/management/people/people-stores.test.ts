import { describe, expect, test } from 'bun:test'
import { changePerson } from '../../../src/management/people/change-person.ts'
import { createPerson } from '../../../src/management/people/create-person.ts'
import { deletePerson } from '../../../src/management/people/delete-person.ts'
import { importPeople } from '../../../src/management/people/import-people.ts'
import { setPasswordByLink } from '../../../src/management/people/set-password.ts'
import { findCutoff } from '../../../src/users/cutoffs.ts'
import { userEmails, users } from '../../../src/users/user-row.ts'
import { stores } from '../../audit/trail-kit.ts'
import { startTestApp, type TestApp, testStart } from '../../support/test-app.ts'

const config = 'tenants: { acme: { name: Acme, oauth2: {}, oidc: {} } }'
const actor = { name: 'root' }

describe.each(stores)('on %s', (_, withStore) => {
  const withApp = (work: (app: TestApp, make: Make) => Promise<void>) =>
    withStore(async (storage) => {
      const app = await startTestApp(config, { storage })
      try {
        const tenant = await app.deps.tenants.find('acme')
        if (!tenant) throw new Error('There is no tenant')
        await work(app, {
          tenant,
          create: (email) => createPerson({ person: { patch: { email } }, actor }, tenant, app.deps),
        })
      } finally {
        await app.close()
      }
    })

  test('of ten people at once with one address, one is made, and the index names that one', () =>
    withApp(async ({ deps }, { create }) => {
      const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => create('ada@example.com')))
      const made = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value.row.id] : []))
      const codes = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []))
      expect([made.length, new Set(codes)]).toEqual([1, new Set(['conflict'])])
      const rows = deps.storage.of('acme')
      expect((await rows.of(users).list({ limit: 20 })).map(({ id }) => id)).toEqual(made)
      expect((await rows.of(userEmails).find('ada@example.com'))?.value['user']).toBe(made[0])
    }))

  test('of fifty uses of a link at once, one sets the password, and the cutoff is with it', () =>
    withApp(async ({ deps }, { create, tenant }) => {
      const { row, link } = await create('ada@example.com')
      const text = new URL(link?.url ?? '').searchParams.get('link') ?? ''
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          setPasswordByLink({ link: text, password: `a long password ${at}`, actor: {} }, tenant, deps),
        ),
      )
      expect(outcomes.filter((outcome) => 'sub' in outcome)).toEqual([{ sub: row.id }])
      const winner = outcomes.findIndex((outcome) => 'sub' in outcome)
      const stored = (await deps.storage.of('acme').of(users).find(row.id))?.value
      expect(stored?.link).toBeNull()
      const { passwords } = deps.signIns
      const hash = stored?.password_hash ?? ''
      expect((await passwords.verify(`a long password ${winner}`, hash)).isRight).toBe(true)
      expect(await findCutoff(deps.storage, 'acme', { sub: row.id })).toBe(testStart)
    }))

  test('two people who take one address at once: one gets it, and both can still be deleted', () =>
    withApp(async ({ deps }, { create, tenant }) => {
      const made = [await create('a@example.com'), await create('b@example.com')]
      const subs = made.map(({ row }) => row.id)
      const patch = { email: 'c@example.com' }
      const outcomes = await Promise.allSettled(
        subs.map((sub) => changePerson({ sub, patch, checkCurrent: () => {}, actor }, tenant, deps)),
      )
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      const rows = deps.storage.of('acme')
      const emails = (await rows.of(userEmails).list({ limit: 9 })).map(({ id }) => id)
      expect(emails).toHaveLength(2)
      expect(emails).toContain('c@example.com')
      for (const sub of subs) await deletePerson({ sub, checkCurrent: () => {}, actor }, tenant, deps)
      expect(await rows.of(userEmails).list({ limit: 9 })).toEqual([])
    }))

  test('an import that another import overtakes makes nobody twice', () =>
    withApp(async ({ deps }, { tenant }) => {
      const people = Array.from({ length: 120 }, (_, at) => ({
        number: at + 1,
        value: { sub: `s${at}`, email: `p${at}@example.com` },
      }))
      const outcomes = await Promise.all(
        [people, people.toReversed()].map((each) => importPeople({ people: each, actor }, tenant, deps)),
      )
      const sum = (name: 'created' | 'existing') => outcomes.reduce((total, each) => total + each[name], 0)
      const faults = outcomes.flatMap((each) => each.faults)
      expect(sum('created')).toBe(120)
      expect(sum('existing') + faults.length).toBe(120)
      for (const { message } of faults) expect(message).toEndWith('exists already')
      expect(await deps.storage.of('acme').of(users).list({ limit: 500 })).toHaveLength(120)
      expect(await deps.storage.of('acme').of(userEmails).list({ limit: 500 })).toHaveLength(120)
    }))
})

interface Make {
  readonly tenant: Parameters<typeof createPerson>[1]
  readonly create: (email: string) => ReturnType<typeof createPerson>
}
