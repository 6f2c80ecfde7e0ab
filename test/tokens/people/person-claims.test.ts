import { describe, expect, test } from 'bun:test'
import { readClaimsRequest } from '../../../src/tokens/people/claims-request.ts'
import {
  buildPersonClaims,
  findClaim,
  scopesOfClaims,
  supportedClaims,
} from '../../../src/tokens/people/person-claims.ts'
import type { Person } from '../../../src/users/person.ts'

const person: Person = {
  ...{ sub: 's', key: 'ada', configured: true, email: 'ada@example.com', email_verified: false },
  ...{
    name: null,
    active: true,
    groups: [],
    attributes: {},
    passwordHash: 'hash',
    createdAt: null,
    updatedAt: null,
  },
}
const plain = { oidc: null }

describe('a claim', () => {
  test.each<[string, Partial<Person>, unknown]>([
    ['name', { name: 'Ada', attributes: { name: 'Eve' } }, 'Ada'],
    ['name', { attributes: { name: 'Ada' } }, 'Ada'],
    ['preferred_username', {}, 'ada'],
    ['preferred_username', { attributes: { preferred_username: 'countess' } }, 'countess'],
    ['updated_at', { updatedAt: 1_893_456_000_999 }, 1_893_456_000],
    ['email_verified', { attributes: { email_verified: true } }, false],
    ['email', { email: null, attributes: { email: 'eve@example.com' } }, undefined],
    ['email_verified', { email: null, email_verified: true }, undefined],
    ['groups', { attributes: { groups: ['admins'] } }, undefined],
    ['phone_number', { attributes: { phone_number: '' } }, undefined],
    ['phone_number', { attributes: { phone_number: null } }, undefined],
    ['address', { attributes: { address: { locality: 'London' } } }, { locality: 'London' }],
    ['sub', { attributes: { sub: 'eve' } }, undefined],
    ['client_id', { attributes: { client_id: 'web' } }, undefined],
    ['toString', {}, undefined],
    ['__proto__', {}, undefined],
    ['passwordHash', {}, undefined],
  ])('%s of %j is %j', (name, more, value) => {
    expect(findClaim({ ...person, ...more }, name)).toEqual(value)
  })
})

test('an unknown scope brings nothing, one with the name of a member of every object neither', () => {
  for (const scope of ['x', 'constructor', '__proto__', 'toString', 'openid', 'offline_access'])
    expect(buildPersonClaims(person, { scopes: [scope], mayAllow: () => true }, plain)).toEqual({})
})

test('requested claims are named by the scopes that stand for them', () => {
  const requested = { email_verified: null, name: null, family_name: null, plan: null, sub: null }
  expect(scopesOfClaims(requested, plain, () => true)).toEqual(['email', 'profile'])
  expect(scopesOfClaims(requested, plain, (scope) => scope !== 'email')).toEqual(['profile'])
})

test('what is supported begins with sub', () => {
  expect(supportedClaims(plain).slice(0, 3)).toEqual(['sub', 'name', 'family_name'])
})

describe('a claims request', () => {
  test.each([
    [{}, {}],
    [{ id_token: { name: null }, more: 1 }, { id_token: { name: null } }],
    [
      { userinfo: { name: { essential: true, values: ['a', 1], purpose: 'x' } } },
      { userinfo: { name: { essential: true, values: ['a', 1] } } },
    ],
    [{ userinfo: { name: { value: 'x' } } }, { userinfo: { name: { value: 'x' } } }],
  ])('%j is read', (value, request) => {
    expect(readClaimsRequest(value)).toEqual(request)
  })

  test('of another form is none', () => {
    const wrong = [
      ...[null, [], 'x', 1, { id_token: [] }, { userinfo: 1 }, { id_token: { name: 1 } }],
      ...[{ name: [] }, { name: { essential: 'yes' } }, { name: { values: 1 } }].map((id_token) => ({
        id_token,
      })),
    ]
    for (const value of wrong) expect([value, readClaimsRequest(value)]).toEqual([value, undefined])
  })
})
