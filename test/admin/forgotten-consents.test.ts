import { expect, test } from 'bun:test'
import { findConsent, giveConsent } from '../../src/consents/consents.ts'
import { opsYaml, startAdminApp } from './admin-app.ts'

const config = `${opsYaml}  acme: { name: Acme, signing: { algorithm: ES256 }, oauth2: {}, oidc: {} }
`

const body = {
  ...{ client_id: 'web', grant_types: ['authorization_code'] },
  redirect_uris: ['https://web.example.com/callback'],
}
const key = { tenantId: 'acme', sub: 'Ada', clientId: 'web' }

test('a client that is made under the id of a deleted one is allowed nothing by people', async () => {
  const app = await startAdminApp({}, config)
  const make = async () =>
    expect((await app.call('POST', '/tenants/acme/clients', { body })).status).toBe(201)
  await make()
  await giveConsent({ ...key, scopes: ['openid'] }, app.deps)
  expect(await findConsent(key, app.deps)).toBeDefined()
  const { status } = await app.call('DELETE', '/tenants/acme/clients/web', { headers: { 'If-Match': '*' } })
  expect(status).toBe(204)
  await make()
  expect(await findConsent(key, app.deps)).toBeUndefined()
  await app.close()
})

test('and so is one under the id of a client that left config.yaml', async () => {
  const app = await startAdminApp({}, config)
  // The row is all that such a client has left.
  await giveConsent({ ...key, scopes: ['openid'] }, app.deps)
  expect((await app.call('POST', '/tenants/acme/clients', { body })).status).toBe(201)
  expect(await findConsent(key, app.deps)).toBeUndefined()
  await app.close()
})
