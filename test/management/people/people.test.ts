import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { giveConsent, listConsents } from '../../../src/consents/consents.ts'
import type { Actor } from '../../../src/management/actor.ts'
import { changePerson } from '../../../src/management/people/change-person.ts'
import { createPerson } from '../../../src/management/people/create-person.ts'
import { deletePerson } from '../../../src/management/people/delete-person.ts'
import { resetPerson } from '../../../src/management/people/reset-person.ts'
import { changePassword, setPasswordByLink } from '../../../src/management/people/set-password.ts'
import { signOutPerson } from '../../../src/management/people/sign-out-person.ts'
import { listSessions, startSession } from '../../../src/sessions/sessions.ts'
import type { Tenant } from '../../../src/tenants/tenant.ts'
import { cutOff, findCutoff, timeAfter } from '../../../src/users/cutoffs.ts'
import { listPeople, subOfListed } from '../../../src/users/listed-people.ts'
import { findByLink } from '../../../src/users/password-links.ts'
import { checkPassword } from '../../../src/users/sign-in.ts'
import { userEmails, users } from '../../../src/users/user-row.ts'
import { startTestApp, type TestApp, testStart } from '../../support/test-app.ts'

const config = `
tenants:
  acme:
    name: Acme
    oauth2: {}
    oidc: {}
    users:
      eve: { password: eve-chose-a-password, email: eve@example.com, name: Eve }
  other: { name: Other, oauth2: {}, oidc: {} }
`

let app: TestApp
let tenant: Tenant
beforeEach(async () => {
  app = await startTestApp(config)
  const found = await app.deps.tenants.find('acme')
  if (!found) throw new Error('There is no tenant')
  tenant = found
})
afterEach(() => app.close())

const admin: Actor = { name: 'root', tenant: 'ops', requestId: 'r1', address: '192.0.2.7' }
const any = () => {}
const password = 'a long new password'

const createWith = (patch: Record<string, unknown>, more: { sub?: string; passwordHash?: string } = {}) =>
  createPerson(
    { person: { patch: { email: 'ada@example.com', ...patch }, ...more }, actor: admin },
    tenant,
    app.deps,
  )
const create = async (patch: Record<string, unknown> = {}, more: { sub?: string } = {}) => {
  const { row, link } = await createWith(patch, more)
  if (!link) throw new Error('There is no link')
  return { row, link }
}
const change = (sub: string, patch: Record<string, unknown>) =>
  changePerson({ sub, patch, checkCurrent: any, actor: admin }, tenant, app.deps)
const linkOf = (url: string) => new URL(url).searchParams.get('link') ?? ''
const follow = (url: string, chosen = password, at: Tenant = tenant) =>
  setPasswordByLink({ link: linkOf(url), password: chosen, actor: {} }, at, app.deps)
const signIn = (username: string, tried = password) =>
  checkPassword(
    {
      ...{ tenant, username, password: tried, address: '192.0.2.1' },
      ...{ isKnownBrowser: async () => false, signal: new AbortController().signal },
    },
    app.deps,
  )
const openSession = (sub: string) =>
  startSession({ tenant, person: { sub }, authTime: 0, amr: ['pwd'], userAgent: null }, app.deps)
const rows = () => app.deps.storage.of('acme').of(users)
const lastEvent = () => app.events.at(-1)

describe('a new person', () => {
  test('has a random sub, no password and a link for a day, and the event names neither address nor name', async () => {
    const { row, link } = await create({ name: 'Ada Lovelace', groups: ['staff'] })
    expect(row.id).toMatch(/^[\w-]{22}$/)
    expect(row.value).toMatchObject({ email: 'ada@example.com', email_verified: false, active: true })
    expect(row.value).toMatchObject({ name: 'Ada Lovelace', groups: ['staff'], password_hash: null })
    expect(link).toEqual({
      url: expect.stringMatching(
        new RegExp(
          `^http://localhost:3000/api/v1/tenant/acme/account/password\\?link=${row.id}\\.[\\w-]{43}$`,
        ),
      ),
      expiresAt: testStart + 86_400_000,
    })
    expect(JSON.stringify(row)).not.toContain(linkOf(link.url).slice(23))
    expect(app.events).toEqual([
      {
        ...{ type: 'user.created', tenant: 'acme', outcome: 'success', actor: 'root', client: undefined },
        ...{ detail: { sub: row.id, actor_tenant: 'ops' }, requestId: 'r1', address: '192.0.2.7' },
      },
    ])
  })

  test('is refused an address that somebody has, in any case, of the storage or of config.yaml', async () => {
    await create()
    for (const email of ['ada@example.com', 'ADA@example.COM'])
      await expect(create({ email })).rejects.toMatchObject({
        code: 'conflict',
        message: 'A person with this e-mail address exists already',
      })
    await expect(create({ email: 'Eve@example.com' })).rejects.toMatchObject({
      code: 'conflict',
      message: 'A person with this e-mail address exists in config.yaml',
    })
    expect(await rows().list({ limit: 9 })).toHaveLength(1)
    const index = await app.deps.storage.of('acme').of(userEmails).list({ limit: 9 })
    expect(index.map(({ id }) => id)).toEqual(['ada@example.com'])
  })

  test('with a hash that was made elsewhere needs no link', async () => {
    const passwordHash = await Bun.password.hash(password, { algorithm: 'bcrypt', cost: 4 })
    const { row, link } = await createWith({}, { passwordHash })
    expect(link).toBeUndefined()
    expect(await signIn('ada@example.com')).toMatchObject({ person: { sub: row.id } })
    expect((await rows().find(row.id))?.value.password_hash).toStartWith('$argon2id$')
    for (const hash of ['secret', `sha256:${'0'.repeat(64)}`, ''])
      await expect(createWith({ email: 'b@example.com' }, { passwordHash: hash })).rejects.toMatchObject({
        message: 'The field password_hash must be a whole argon2id, bcrypt or PBKDF2 hash',
      })
  })

  test('of config.yaml leaves no address in the database', async () => {
    await signIn('eve@example.com')
    await signIn('eve')
    expect(await rows().list({ limit: 9 })).toEqual([])
    expect(await app.deps.storage.of('acme').of(userEmails).list({ limit: 9 })).toEqual([])
  })

  test('of two at once with one address, one is made', async () => {
    const outcomes = await Promise.allSettled([create(), create(), create()])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await rows().list({ limit: 9 })).toHaveLength(1)
  })

  test('with a chosen sub keeps it, and a taken one is refused', async () => {
    expect((await create({}, { sub: 'f:keycloak:1' })).row.id).toBe('f:keycloak:1')
    await expect(create({ email: 'b@example.com' }, { sub: 'f:keycloak:1' })).rejects.toMatchObject({
      code: 'conflict',
    })
    for (const sub of ['', ' ', 'a b', 'ü', '..', 'x'.repeat(256)])
      await expect(create({ email: 'b@example.com' }, { sub })).rejects.toMatchObject({
        code: 'invalid_request',
      })
  })

  test.each<[Record<string, unknown>, string]>([
    [{ email: null }, 'Missing required field: email'],
    [{ email: 'no address' }, 'The field email must be an e-mail address such as ada@example.com'],
    [{ email: 'a@b@c' }, 'The field email must be an e-mail address such as ada@example.com'],
    [{ name: 'a\nb' }, 'The request body has a text with a control character'],
    [{ groups: ['\ud800'] }, 'The request body has a text with a control character'],
    [{ password: 'secret' }, 'The request body has a field that is not known'],
    [{ password_hash: 'secret' }, 'The request body has a field that is not known'],
    [{ sub: 'x' }, 'The request body has a field that is not known'],
    [
      { attributes: { email: 'x' } },
      'The field attributes.email is a setting beside attributes; write it there',
    ],
    [
      { attributes: { sub: 'x' } },
      'The field attributes.sub is a name that grantd or a standard uses itself; take another one, such as a URL of yours',
    ],
  ])('%p is refused', async (patch, message) => {
    await expect(create(patch)).rejects.toMatchObject({ code: 'invalid_request', message })
  })

  test('with attributes that would not fit into a token is refused', async () => {
    await expect(create({ attributes: { x: 'y'.repeat(17_000) } })).rejects.toMatchObject({
      message: expect.stringMatching(/^The field attributes has \d+ bytes as JSON, wanted at most 2048$/),
    })
  })
})

describe('a link', () => {
  test('lets the person choose a password once', async () => {
    const { row, link } = await create()
    const before = await findByLink('acme', linkOf(link.url), app.deps)
    expect(before?.id).toBe(row.id)
    expect(await follow(link.url)).toEqual({ sub: row.id })
    expect(await signIn('ada@example.com')).toMatchObject({ person: { sub: row.id, email_verified: false } })
    expect(await follow(link.url, 'another long password')).toEqual({ failure: 'link_over' })
    expect(await findByLink('acme', linkOf(link.url), app.deps)).toBeUndefined()
    expect(await signIn('ada@example.com', 'another long password')).toMatchObject({ failure: 'wrong' })
    expect(app.events.map(({ type, actor, detail }) => [type, actor, detail?.['by']])).toEqual([
      ['user.created', 'root', undefined],
      ['user.password_changed', row.id, 'link'],
    ])
  })

  test('stays good when the password is refused', async () => {
    const { link } = await create()
    expect(await follow(link.url, 'short')).toEqual({ failure: 'too_short' })
    expect(await follow(link.url, 'ü'.repeat(11))).toEqual({ failure: 'too_short' })
    expect(await follow(link.url, 'x'.repeat(1025))).toEqual({ failure: 'too_long' })
    expect(await follow(link.url, 'with a\0 zero in it')).toEqual({ failure: 'not_text' })
    expect(await follow(link.url, 'ü'.repeat(12))).toMatchObject({ sub: expect.any(String) })
  })

  test('of fifty uses at once, one sets the password', async () => {
    const { link } = await create()
    const tried = Array.from({ length: 50 }, (_, at) => `a long password ${at}`)
    const outcomes = await Promise.all(tried.map((each) => follow(link.url, each)))
    const winners = tried.filter((_, at) => 'sub' in (outcomes[at] ?? {}))
    expect(winners).toHaveLength(1)
    expect(await signIn('ada@example.com', winners[0])).toMatchObject({ person: {} })
  })

  test('ends after a day, and with a newer link, and opens nothing at another tenant or with another text', async () => {
    const { row, link } = await create()
    const other = await app.deps.tenants.find('other')
    if (!other) throw new Error('There is no tenant')
    expect(await follow(link.url, password, other)).toEqual({ failure: 'link_over' })
    for (const text of ['', '.', 'x', row.id, `${row.id}.`, `.${linkOf(link.url)}`, `${linkOf(link.url)}x`])
      expect(await findByLink('acme', text, app.deps)).toBeUndefined()
    const newer = await resetPerson({ sub: row.id, actor: admin }, tenant, app.deps)
    expect(lastEvent()?.type).toBe('user.reset')
    expect(await follow(link.url)).toEqual({ failure: 'link_over' })
    app.advance(86_399)
    expect(await findByLink('acme', linkOf(newer.url), app.deps)).toBeDefined()
    app.advance(1)
    expect(await follow(newer.url)).toEqual({ failure: 'link_over' })
  })

  test('opens nothing for an inactive person, and a new address ends it', async () => {
    const { row, link } = await create()
    await change(row.id, { active: false })
    expect(await follow(link.url)).toEqual({ failure: 'link_over' })
    await expect(resetPerson({ sub: row.id, actor: admin }, tenant, app.deps)).rejects.toMatchObject({
      code: 'conflict',
      message: 'The person is inactive; enable the person first',
    })
    await change(row.id, { active: true })
    expect(await findByLink('acme', linkOf(link.url), app.deps)).toBeDefined()
    await change(row.id, { email: 'new@example.com' })
    expect(await follow(link.url)).toEqual({ failure: 'link_over' })
  })

  test('a person of config.yaml has none', async () => {
    const [eve] = app.deps.people.of(tenant).configured.list()
    await expect(resetPerson({ sub: eve?.sub ?? '', actor: admin }, tenant, app.deps)).rejects.toMatchObject({
      code: 'conflict',
      message: 'The person is defined in config.yaml and read-only here',
    })
  })

  test('a person who was made to wait by others gets in with the new password at once', async () => {
    const { row, link } = await create()
    for (let at = 0; at < 6; at++) await signIn('ada@example.com', 'wrong')
    await follow(link.url)
    expect(await signIn('ADA@example.com')).toMatchObject({ person: { sub: row.id } })
  })
})

describe('everything ends at once', () => {
  const withSession = async () => {
    const { row, link } = await create()
    await follow(link.url)
    app.advance(1)
    await openSession(row.id)
    return row.id
  }
  const live = async (sub: string) => (await listSessions(tenant, sub, app.deps)).length
  const cutoff = (sub: string) => findCutoff(app.deps.storage, 'acme', { sub })

  test('when the person is disabled, and enabling brings nothing back', async () => {
    const sub = await withSession()
    await change(sub, { active: false })
    expect([await live(sub), await cutoff(sub), lastEvent()?.type]).toEqual([
      0,
      testStart + 1000,
      'user.disabled',
    ])
    expect(await signIn('ada@example.com')).toMatchObject({ failure: 'wrong', fault: 'person_inactive' })
    await change(sub, { active: true })
    expect([await cutoff(sub), lastEvent()?.type]).toEqual([testStart + 1000, 'user.enabled'])
  })

  test('when the password is changed', async () => {
    const sub = await withSession()
    const since = app.deps.now()
    const change = (chosen: string) =>
      changePassword({ sub, since, password: chosen, actor: { name: sub } }, tenant, app.deps)
    expect(await change('short')).toEqual({ failure: 'too_short' })
    expect(await live(sub)).toBe(1)
    expect(await change('another long password')).toEqual({ sub })
    expect([await live(sub), await cutoff(sub)]).toEqual([0, testStart + 1000])
    expect(lastEvent()).toMatchObject({
      type: 'user.password_changed',
      actor: sub,
      detail: { by: 'account' },
    })
    expect(await signIn('ada@example.com')).toMatchObject({ failure: 'wrong' })
    expect(await signIn('ada@example.com', 'another long password')).toMatchObject({ person: { sub } })
  })

  test('and a change of the password that a link has overtaken changes nothing', async () => {
    const sub = await withSession()
    const since = app.deps.now()
    app.advance(1)
    await follow((await resetPerson({ sub, actor: admin }, tenant, app.deps)).url)
    const late = { sub, since, password: 'the password of a thief', actor: { name: sub } }
    expect(await changePassword(late, tenant, app.deps)).toEqual({ failure: 'link_over' })
    expect(await signIn('ada@example.com')).toMatchObject({ person: { sub } })
  })

  test('when an admin signs the person out', async () => {
    const sub = await withSession()
    await signOutPerson({ sub, actor: admin }, tenant, app.deps)
    expect([await live(sub), await cutoff(sub)]).toEqual([0, testStart + 1000])
    expect(lastEvent()).toMatchObject({ type: 'user.signed_out', detail: { sub, sessions: '1' } })
  })

  test('when the person is deleted, with the consents; an imported person of this sub inherits nothing', async () => {
    const sub = await withSession()
    const key = { tenantId: 'acme', sub }
    await giveConsent({ ...key, clientId: 'web', scopes: ['openid'] }, app.deps)
    await deletePerson({ sub, checkCurrent: any, actor: admin }, tenant, app.deps)
    expect([await live(sub), await cutoff(sub), lastEvent()?.type]).toEqual([
      0,
      testStart + 1000,
      'user.deleted',
    ])
    expect(await listConsents(key, app.deps)).toEqual([])
    expect(await signIn('ada@example.com')).toMatchObject({ fault: 'unknown_person', sub: undefined })
    await create({}, { sub })
    expect(await cutoff(sub)).toBe(testStart + 1000)
    await expect(
      deletePerson({ sub: 'nobody', checkCurrent: any, actor: admin }, tenant, app.deps),
    ).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a change', () => {
  test('of the address moves the sign-in, frees the old address, and is not verified', async () => {
    const { row } = await create({ email_verified: true })
    const changed = await change(row.id, { email: 'Countess@example.com' })
    expect(changed.value).toMatchObject({ email: 'Countess@example.com', email_verified: false })
    expect(await app.deps.people.of(tenant).findByUsername('ada@example.com')).toBeUndefined()
    expect((await app.deps.people.of(tenant).findByUsername('countess@EXAMPLE.com'))?.sub).toBe(row.id)
    await create()
    await expect(change(row.id, { email: 'ada@example.com' })).rejects.toMatchObject({ code: 'conflict' })
    expect((await rows().find(row.id))?.value.email).toBe('Countess@example.com')
    expect(
      (await change(row.id, { email: 'COUNTESS@example.com', email_verified: true })).value,
    ).toMatchObject({
      email: 'COUNTESS@example.com',
      email_verified: true,
    })
  })

  test('keeps the password, and what is left out', async () => {
    const { row, link } = await create({ name: 'Ada', groups: ['a'], attributes: { locale: 'de', x: 1 } })
    await follow(link.url)
    app.advance(5)
    const changed = await change(row.id, { groups: ['b'], attributes: { x: null, y: 2 } })
    expect(changed.value).toMatchObject({ name: 'Ada', groups: ['b'], attributes: { locale: 'de', y: 2 } })
    expect(changed.value).toMatchObject({ created_at: testStart, updated_at: testStart + 5000 })
    expect(await signIn('ada@example.com')).toMatchObject({ person: { sub: row.id } })
    expect(lastEvent()).toMatchObject({ type: 'user.changed', detail: { sub: row.id } })
  })
})

test('a list has people of config.yaml and of the storage in the order of their subs, a page at a time', async () => {
  for (let at = 0; at < 5; at++) await create({ email: `p${at}@example.com` })
  const owner = { tenant, people: app.deps.people.of(tenant) }
  const all = await listPeople({ after: '', limit: 10 }, owner, app.deps.storage)
  const subs = all.map(subOfListed)
  expect(subs).toHaveLength(6)
  expect(subs).toEqual(subs.toSorted())
  const pages = []
  for (let after = ''; pages.length < 3; after = pages.flat().at(-1) ?? '')
    pages.push((await listPeople({ after, limit: 2 }, owner, app.deps.storage)).map(subOfListed))
  expect(pages.flat()).toEqual(subs)
})

describe('a cutoff', () => {
  test('never goes back, and the later one of the person and the client counts', async () => {
    const { storage } = app.deps
    const find = (clientId?: string) =>
      findCutoff(storage, 'acme', { sub: 's', ...(clientId !== undefined && { clientId }) })
    expect([await find(), await find('web')]).toEqual([0, 0])
    await cutOff(storage, 'acme', { sub: 's', clientId: 'web', before: 20 })
    expect([await find(), await find('web'), await find('app')]).toEqual([0, 20, 0])
    await cutOff(storage, 'acme', { sub: 's', before: 30 })
    expect([await find(), await find('web'), await find('app')]).toEqual([30, 30, 30])
    expect(await findCutoff(storage, 'other', { sub: 's' })).toBe(0)
  })

  test('of a clock that is behind ends what was made since the last one', async () => {
    const { storage } = app.deps
    await cutOff(storage, 'acme', { sub: 's', before: 30 })
    const madeAt = timeAfter(await findCutoff(storage, 'acme', { sub: 's' }), 10)
    expect(madeAt).toBeGreaterThan(30)
    await cutOff(storage, 'acme', { sub: 's', clientId: 'web', before: 11 })
    expect(await findCutoff(storage, 'acme', { sub: 's', clientId: 'web' })).toBeGreaterThanOrEqual(madeAt)
    expect(await findCutoff(storage, 'acme', { sub: 's' })).toBe(30)
    await cutOff(storage, 'acme', { sub: 's', before: 12 })
    expect(await findCutoff(storage, 'acme', { sub: 's' })).toBeGreaterThanOrEqual(madeAt)
  })
})
