import { expect, test } from 'bun:test'
import { codes } from '../../../src/tokens/people/code-row.ts'
import { ada, codeOf, signInConfig, startSignInApp, web } from '../../endpoints/people/sign-in-kit.ts'
import { decide, logIn } from '../../support/people/flow.ts'
import { peopleYaml, startPeopleApp } from './people-app.ts'

const yaml = peopleYaml
  .replaceAll('scopes: { read: R, write: W } }', 'scopes: { read: R, write: W, pay: Salaries } }')
  .replaceAll('oidc: { ', 'oidc: { claims: { pay: [salary], read: [shift] }, ')
  .replaceAll('attributes: { plan: gold', 'attributes: { salary: 9000, shift: late, plan: gold')

const payloadOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

test('the parameter claims brings no claim of a scope that the client may not have', async () => {
  const app = await startPeopleApp({}, yaml)
  const named = { salary: null, shift: null, email: { essential: true } }
  const claims = { id_token: named, userinfo: named }
  const { id_token, access_token } = await app.login({ scopes: ['openid'], claims })
  const answer = await app.send('/api/v1/tenant/acme/oauth/userinfo', {
    headers: { Authorization: `Bearer ${access_token}` },
  })
  for (const found of [payloadOf(id_token), await answer.json()]) {
    expect(found).toMatchObject({ shift: 'late', email: 'ada@example.com' })
    expect(found).not.toHaveProperty('salary')
  }
  await app.close()
})

test('nobody is asked for such a claim, and it is not kept for the day on which the client may have it', async () => {
  const config = signInConfig.replace(
    'api:write: Write reports } }\n    oidc: {}',
    'api:write: Write reports, pay: Salaries } }\n    oidc: { claims: { pay: [salary] } }',
  )
  expect(config).not.toBe(signInConfig)
  const kit = await startSignInApp({}, config)
  const browser = kit.browser()
  const claims = JSON.stringify({ userinfo: { salary: null, groups: null }, id_token: { salary: null } })
  const consent = await logIn(browser, (await kit.start(browser, web, { claims })).page, ada)
  expect(consent.text).not.toContain('Salaries')
  codeOf(await decide(browser, consent))
  const { storage } = kit.app.deps
  const rows = await storage.of('acme').of(codes).list({ limit: 10 })
  expect(rows.map((row) => 'value' in row && row.value.claims)).toEqual([
    { userinfo: { groups: null }, id_token: {} },
  ])
  await kit.app.close()
})
