import { afterEach, beforeEach, expect, test } from 'bun:test'
import { decide, logIn } from '../../support/people/flow.ts'
import { startTestApp, type TestApp } from '../../support/test-app.ts'
import { ada, codeOf, signInConfig, spa, startSignInApp } from './sign-in-kit.ts'

let app: TestApp
beforeEach(async () => {
  app = await startTestApp(`limits: { failures_per_address: 20 }\n${signInConfig}`)
})
afterEach(() => app.close())

const guess = (code: string, address = '192.0.2.1') =>
  app.post(
    'acme',
    {
      ...{ grant_type: 'authorization_code', client_id: 'spa', redirect_uri: spa.redirectUri, code },
      code_verifier: 'a-verifier-of-a-test-that-is-long-enough-for-pkce',
    },
    {},
    address,
  )

test('codes that are guessed at get 429 after a while, from one address alone', async () => {
  const statuses: number[] = []
  for (let index = 0; index < 30; index++) statuses.push((await guess(`guess-${index}`)).status)
  expect(statuses).toEqual([...Array(20).fill(400), ...Array(10).fill(429)])
  const refused = await guess('guess')
  expect(refused.headers.get('retry-after')).toBe('3')
  expect(await refused.json()).toMatchObject({ error: 'temporarily_unavailable' })
  expect(app.log.at(-1)).toMatchObject({ reason: 'too_many_wrong_codes', client_id: 'spa' })
  expect((await guess('guess', '192.0.2.2')).status).toBe(400)
  expect(app.events.filter(({ type }) => type === 'limit.reached')).toMatchObject([
    { tenant: 'acme', client: 'spa', detail: { scope: 'address' } },
  ])
})

test('a right code is taken from behind an address that guesses', async () => {
  const kit = await startSignInApp({}, `limits: { failures_per_address: 1 }\n${signInConfig}`)
  const browser = kit.browser()
  const started = await kit.start(browser, spa)
  const code = codeOf(await decide(browser, await logIn(browser, started.page, ada)))
  const redeem = (presented: string) =>
    kit.app.post('acme', {
      ...{ grant_type: 'authorization_code', client_id: 'spa', redirect_uri: spa.redirectUri },
      ...{ code: presented, code_verifier: started.verifier },
    })
  for (const status of [400, 429, 429]) expect((await redeem('guess')).status).toBe(status)
  expect((await redeem(code)).status).toBe(200)
  await kit.app.close()
})
