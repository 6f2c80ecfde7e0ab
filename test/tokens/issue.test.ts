import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { decodeJwt } from '../../src/keys/jwt.ts'
import type { Authorization, FurtherTokenName } from '../../src/tokens/authorization.ts'
import { type IssueOptions, issueTokens } from '../../src/tokens/issue.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp
let options: IssueOptions

beforeAll(async () => {
  app = await startTestApp(`
tenants:
  acme:
    name: Acme
    oauth2: { reuse_window: 1m, access_token_ttl: 10m }
    signing: { algorithm: ES256 }
    clients: { svc: { secret: svc-secret-value } }
`)
  const { tenants, clients } = app.deps
  const [tenant, client] = [await tenants.find('acme'), await clients.of('acme').find('svc')]
  if (!tenant?.oauth2 || !client) throw new Error('The test has no tenant or no client')
  const authorization = { subject: 'svc', scopes: [], audience: ['api'] }
  options = { tenant, oauth2: tenant.oauth2, client, authorization, shareable: true }
})
afterAll(() => app.close())

async function issue(changed: Partial<Authorization> = {}, shareable = true): Promise<string> {
  const authorization = { ...options.authorization, ...changed }
  const { response } = await issueTokens({ ...options, authorization, shareable }, app.deps)
  return response.access_token
}

describe('inside the reuse window', () => {
  test('a plain authorization of a shareable grant gets the same token', async () => {
    expect(await issue()).toBe(await issue())
  })

  test.each<[string, Partial<Authorization>]>([
    ['a confirmation', { confirmation: { jkt: 'thumbprint' } }],
    ['an empty confirmation', { confirmation: {} }],
    ['a further token', { alsoIssue: [] }],
  ])('with %s each request gets its own', async (_, changed) => {
    expect(await issue(changed)).not.toBe(await issue(changed))
    expect(await issue()).toBe(await issue())
  })

  test('a grant that is not shareable gets its own each time', async () => {
    expect(await issue({}, false)).not.toBe(await issue({}, false))
  })

  test('another claim makes another token', async () => {
    const tokens = [await issue(), await issue({ audience: ['x'] }), await issue({ subject: 'x' })]
    expect(new Set(tokens).size).toBe(tokens.length)
  })
})

test('a confirmation is in the claims, after those of every token', async () => {
  const { claims } = decodeJwt(await issue({ confirmation: { jkt: 'thumbprint' } }))
  expect(Object.keys(claims).slice(-2)).toEqual(['client_id', 'cnf'])
  expect(claims).toMatchObject({ cnf: { jkt: 'thumbprint' } })
})

test('a further token that no file makes is an error, and no token leaves', async () => {
  await expect(issue({ alsoIssue: ['receipt' as string as FurtherTokenName] })).rejects.toThrow(
    "Cannot issue the further token 'receipt'",
  )
})
