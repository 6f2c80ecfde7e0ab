import { expect, test } from 'bun:test'
import type { UserConfig } from '../../src/config/user-schema.ts'
import { buildConfiguredPeople, configuredSub } from '../../src/users/configured-people.ts'
import { platform } from '../support/test-app.ts'

const { hashing } = platform

const user = (more: Partial<UserConfig> = {}): UserConfig => ({
  ...{ email: null, email_verified: false, name: null, active: true, sub: null, groups: [], attributes: {} },
  ...{ password: null, password_env: null, password_file: null, password_hash: null },
  ...more,
})

test('the sub is made from the tenant and the key, and a new address keeps it', () => {
  const of = (tenantId: string, email: string) =>
    buildConfiguredPeople(tenantId, { ada: user({ email }) }, hashing).list()[0]?.sub
  // It is in tokens and in other systems, so it must never change.
  expect(of('acme', 'a@example.com')).toBe('Aa4uKo_WgiKlfWucBurR0g')
  expect(of('acme', 'b@example.com')).toBe('Aa4uKo_WgiKlfWucBurR0g')
  expect(of('other', 'a@example.com')).not.toBe('Aa4uKo_WgiKlfWucBurR0g')
  expect(configuredSub('acme', 'ada', hashing)).toBe('Aa4uKo_WgiKlfWucBurR0g')
})

test('a person is found by sub, by key and by address without case', () => {
  const ada = user({
    email: 'Ada@Example.com',
    sub: 'chosen',
    groups: ['staff'],
    attributes: { locale: 'de' },
  })
  const people = buildConfiguredPeople('acme', { ada, grace: user() }, hashing)
  expect(people.find('chosen')).toEqual({
    ...{ sub: 'chosen', key: 'ada', configured: true, email: 'Ada@Example.com', email_verified: false },
    ...{ name: null, active: true, groups: ['staff'], attributes: { locale: 'de' }, passwordHash: null },
    ...{ createdAt: null, updatedAt: null },
  })
  for (const name of ['ada', 'ada@example.com', 'ADA@EXAMPLE.COM'])
    expect(people.findByUsername(name)?.key).toBe('ada')
  expect(people.findByUsername('grace')?.email).toBeNull()
  for (const name of ['ADA', '', 'chosen', '__proto__']) expect(people.findByUsername(name)).toBeUndefined()
  expect(people.list().map(({ key }) => key)).toEqual(['ada', 'grace'])
})

test('the costs of hashes leave out passwords in clear, which take the usual time', () => {
  const users = {
    a: user({ password_hash: `sha256:${'0'.repeat(64)}` }),
    b: user({ password_hash: '$2b$10$Jwbzji2i.9Rk9zGIEXJYSOQcw7drnmYmbyYkwjQsX.o.x7vG7dD06' }),
    c: user({ password_hash: '$2b$10$Jwbzji2i.9Rk9zGIEXJYSOQcw7drnmYmbyYkwjQsX.o.x7vG7dD07' }),
    d: user({ password_hash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA' }),
  }
  expect(buildConfiguredPeople('acme', users, hashing).costs).toEqual([
    '$2b$10',
    '$argon2id$v=19$m=19456,t=2,p=1',
  ])
})
