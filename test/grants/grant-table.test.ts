import { expect, test } from 'bun:test'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.ts'
import { findGrant, grants } from '../../src/grants/grant-table.ts'
import { grantTypes } from '../../src/protocol/grant-types.ts'

test('every grant type has the grant of its name and no other', () => {
  expect(Object.keys(grants)).toEqual([...grantTypes])
  for (const type of grantTypes) {
    expect(grants[type].type).toBe(type)
    expect(findGrant(type)).toBe(grants[type])
  }
})

test.each(['', 'password', 'CLIENT_CREDENTIALS', ' client_credentials', '__proto__', 'constructor'])(
  '%p is no grant type',
  (type) => {
    expect(findGrant(type)).toBeUndefined()
  },
)

test('client credentials: the client is the subject, and gets the scopes and the audience that were checked', async () => {
  const client = {
    id: 'svc',
    name: 'Service',
    active: true,
    configured: true,
    introspect: false,
    authenticationMethod: undefined,
    secrets: [],
    grantTypes: ['client_credentials'],
    scopes: ['a', 'b'],
    defaultScopes: ['a', 'b'],
    audience: undefined,
    resources: [],
    accessTokenTtl: undefined,
  } as const
  const request = { scopes: ['b'], audience: ['x', 'y'], parameters: {} }
  expect(await clientCredentialsGrant.authorize(request, client)).toEqual({
    subject: 'svc',
    scopes: ['b'],
    audience: ['x', 'y'],
  })
})
