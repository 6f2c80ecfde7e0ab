import { afterEach, beforeEach, expect, test } from 'bun:test'
import { interactions, pushedRequests } from '../../../src/authorization/interaction-row.ts'
import { startTestApp, type TestApp } from '../../support/test-app.ts'
import { acmeUrl, signInConfig } from './sign-in-kit.ts'

const yaml = `limits: { sign_ins_per_address: 20, sign_ins_per_tenant: 1000 }\n${signInConfig}`

let app: TestApp
beforeEach(async () => {
  app = await startTestApp(yaml)
})
afterEach(() => app.close())

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const parameters = {
  ...{ response_type: 'code', client_id: 'spa', redirect_uri: 'https://spa.example/cb', scope: 'openid' },
  ...{ code_challenge: challenge, code_challenge_method: 'S256' },
}
const authorizePath = (more: Record<string, string> = {}) =>
  `${acmeUrl}/oauth/authorize?${new URLSearchParams({ ...parameters, ...more })}`
const post = (path: string, form: Record<string, string>, address: string) =>
  app.send(
    `${acmeUrl}${path}`,
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    },
    address,
  )
const times = async (count: number, work: () => Promise<Response>) => {
  const found: number[] = []
  for (let index = 0; index < count; index++) found.push((await work()).status)
  return found
}
const countRows = async (kind: typeof interactions | typeof pushedRequests) =>
  (await app.deps.storage.of('acme').of<typeof kind.schema>(kind).list({ limit: 1000 })).length

test('an address that begins sign-ins without end gets a page with 429, and makes no more rows; others go on', async () => {
  const from = (address: string) => () => app.send(authorizePath(), {}, address)
  const statuses = await times(30, from('192.0.2.1'))
  expect(statuses).toEqual([...Array(20).fill(303), ...Array(10).fill(429)])
  expect(await countRows(interactions)).toBe(20)
  const refused = await from('192.0.2.1')()
  expect(refused.headers.get('retry-after')).toBe('3')
  expect(refused.headers.get('content-type')).toContain('text/html')
  expect(await refused.text()).toContain('Too many')
  expect(app.log.at(-1)).toMatchObject({ status: 429, reason: 'too_many_sign_ins' })
  expect((await from('192.0.2.2')()).status).toBe(303)
  expect(app.events.filter(({ type }) => type === 'limit.reached')).toMatchObject([
    { tenant: 'acme', client: 'spa', detail: { scope: 'sign_in_rate', seconds: '3' } },
  ])
})

test('refused requests, posted and pushed ones of public clients, and codes of devices count together', async () => {
  const address = '192.0.2.1'
  expect(
    await times(5, () => app.send(authorizePath({ scope: 'openid nonsense' }), {}, address)),
  ).not.toContain(429)
  expect(await times(5, () => post('/oauth/authorize', parameters, address))).not.toContain(429)
  expect(await times(10, () => post('/oauth/par', parameters, address))).not.toContain(429)
  expect(await times(1, () => app.send(authorizePath(), {}, address))).toEqual([429])
  expect(await times(1, () => app.send(authorizePath({ scope: 'openid nonsense' }), {}, address))).toEqual([
    429,
  ])
  expect(await times(1, () => post('/oauth/authorize', parameters, address))).toEqual([429])
  expect(await times(1, () => post('/oauth/par', parameters, address))).toEqual([429])
  expect(await countRows(pushedRequests)).toBe(15)
})

test('a client that proves itself pushes as many requests as it likes', async () => {
  const form = { ...parameters, client_id: 'web', client_secret: 'web-secret-value' }
  const push = () => post('/oauth/par', { ...form, redirect_uri: 'https://app.example/cb' }, '192.0.2.1')
  expect(await times(30, push)).toEqual(Array(30).fill(201))
})
