import { expect, test } from 'bun:test'
import { clientCredentialsGrant } from '../../src/grants/client-credentials.ts'
import { findGrant, grants } from '../../src/grants/grant-table.ts'
import { grantTypes } from '../../src/protocol/grant-types.ts'
import { startAcme } from '../endpoints/acme.ts'

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
  const app = await startAcme()
  const { tenants, clients } = app.deps
  const [tenant, client] = [await tenants.find('acme'), await clients.of('acme').find('svc')]
  if (!tenant?.oauth2 || !client) throw new Error('The test has no tenant or no client')
  const request = {
    ...{ tenant, oauth2: tenant.oauth2, client },
    ...{ scopes: ['b'], audience: ['x', 'y'], resources: [], parameters: {} },
  }
  expect(await clientCredentialsGrant.authorize(request, app.deps)).toEqual({
    subject: 'svc',
    scopes: ['b'],
    audience: ['x', 'y'],
  })
  await app.close()
})
