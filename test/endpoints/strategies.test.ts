import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp(`
tenants:
  both: { name: Both, oauth2: {}, oidc: {} }
  one: { name: One, oauth2: {} }
  none: { name: None }
  asleep: { name: Asleep, active: false, oauth2: {} }
`)
})
afterAll(() => app.close())

const names = async (tenant: string) => {
  const response = await app.send(`/api/v1/tenant/${tenant}/strategies`)
  expect(response.status).toBe(200)
  return response.json()
}

test('lists what a tenant enables, in the shape of the first user story', async () => {
  expect(await names('both')).toEqual({
    tenant_id: 'both',
    tenant_name: 'Both',
    strategies: [
      { name: 'oauth2', type: 'OAuth2 Authorization Server' },
      { name: 'oidc', type: 'OpenID Connect Provider' },
    ],
  })
  expect((await names('one')).strategies).toEqual([{ name: 'oauth2', type: 'OAuth2 Authorization Server' }])
  expect((await names('none')).strategies).toEqual([])
})

test('answers an inactive and an unknown tenant with the same bytes', async () => {
  const answers = await Promise.all(
    ['asleep', 'unknown', 'BOTH', '%62oth'].map((id) => app.send(`/api/v1/tenant/${id}/strategies`)),
  )
  for (const answer of answers) {
    expect(answer.status).toBe(404)
    expect(await answer.text()).toBe('{"error":"tenant_not_found","error_description":"Tenant not found"}')
  }
})
