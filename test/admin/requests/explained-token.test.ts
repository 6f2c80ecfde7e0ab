import { afterAll, beforeAll, expect, test } from 'bun:test'
import { asRoot, startWorld, svc, type World, web } from '../../refusals/causes-kit.ts'
import { makeKey, managerToken } from '../../support/api-keys.ts'
import { newClientKey } from '../../support/assertions.ts'
import { postAs, redeem, tenantPath } from '../../support/people/flow.ts'

let started: Awaited<ReturnType<typeof startWorld>>
let world: World
beforeAll(async () => {
  started = await startWorld([(await newClientKey('ES256', 'mine')).jwk])
  world = started.world('explained')
})
afterAll(() => started.close())

interface Explained {
  readonly kind: string
  readonly accepted: boolean
  readonly tenant: string | null
  readonly steps: readonly { step: string; result: string; saw: string | null; wanted: string | null }[]
}

async function explain(token: string, tenant?: string): Promise<Explained> {
  const response = await asRoot(world, '/tokens/explain', { token, ...(tenant && { tenant }) })
  const text = await response.text()
  for (const part of token.split('.')) if (part.length > 20) expect(text).not.toContain(part)
  return JSON.parse(text)
}

const resultsOf = ({ steps }: Explained) =>
  Object.fromEntries(steps.map(({ step, result }) => [step, result]))
const failedOf = ({ steps }: Explained) =>
  steps.filter(({ result }) => result === 'fail').map(({ step }) => step)

/** The verdict is the one that an API gets. */
async function expectVerdict(token: string, explained: Explained): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` }
  const { status } = await world.app.send('/api/v1/protected-resource', { headers })
  expect(explained.accepted).toBe(status === 200)
}

test('a token of a client that is accepted passes each step', async () => {
  const token = await world.app.token('acme', { ...svc, scope: 'api:read' })
  const explained = await explain(token)
  await expectVerdict(token, explained)
  expect([explained.kind, explained.tenant, explained.accepted]).toEqual(['access_token', 'acme', true])
  expect(explained.steps.map(({ step }) => step)).toEqual([
    ...['form of the token', 'issuer', 'typ', 'key', 'signature', 'times', 'claims', 'client'],
    ...['revocation', 'audience', 'scopes'],
  ])
  expect(new Set(Object.values(resultsOf(explained)))).toEqual(new Set(['pass']))
  expect(explained.steps.find(({ step }) => step === 'scopes')?.saw).toBe('api:read')
})

test('a token that was changed fails at its signature, and what depends on it is not known', async () => {
  const [head, claims, signature = ''] = (await world.app.token('acme', svc)).split('.')
  const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  const token = `${head}.${claims}.${flipped}`
  const explained = await explain(token)
  await expectVerdict(token, explained)
  expect(resultsOf(explained)).toMatchObject({
    key: 'pass',
    signature: 'fail',
    times: 'unknown',
    revocation: 'unknown',
  })
})

test('a token of a person: its sign-in has ended, and the other steps are still told', async () => {
  const { access_token: token, refresh_token = '' } = await redeem(
    world.site,
    'acme',
    web,
    await world.code(),
  )
  expect((await explain(token)).steps.map(({ step }) => step)).toContain('session')
  expect((await explain(token)).accepted).toBe(true)
  const ofRefresh = await explain(refresh_token, 'acme')
  expect([ofRefresh.kind, ofRefresh.accepted]).toEqual(['refresh_token', true])
  await postAs(world.site, `${tenantPath('acme')}/oauth/revoke`, web, { token: refresh_token })
  const explained = await explain(token)
  await expectVerdict(token, explained)
  expect(failedOf(explained)).toEqual(['family'])
  expect(resultsOf(explained)).toMatchObject({ client: 'pass', audience: 'pass', revocation: 'pass' })
  const ended = await explain(refresh_token, 'acme')
  expect([ended.accepted, failedOf(ended)]).toEqual([false, ['family of the refresh token']])
})

test('to explain a refresh token does not use it', async () => {
  const token = await world.refreshToken()
  for (let times = 0; times < 3; times++) expect((await explain(token, 'acme')).accepted).toBe(true)
  expect(failedOf(await explain(token))).toEqual(['refresh token'])
})

test('an API key: looking at it is no use of it', async () => {
  const caller = await managerToken(world.app, 'acme', svc)
  const { api_key, id } = await makeKey(world.app, {
    token: caller,
    body: { name: 'k', scopes: ['api:read'] },
  })
  const explained = await explain(api_key)
  expect([explained.kind, explained.accepted]).toEqual(['api_key', true])
  expect(explained.steps.find(({ step }) => step === 'API key')?.saw).toBe(`"${id}"`)
  await world.app.deps.lastUse.flush()
  const headers = { Authorization: `Bearer ${caller}` }
  const list = await (await world.app.send('/api/v1/tenant/acme/api-keys/list', { headers })).json()
  expect(JSON.stringify(list)).toContain('"last_used":null')
  await asRoot(world, '/tenants/acme/tokens/revoke', { token: api_key })
  expect(failedOf(await explain(api_key))).toEqual(['API key'])
})

test('both a revocation and a client that is not active are told', async () => {
  const made = await asRoot(world, '/tenants/acme/clients', { client_id: 'short', scopes: ['api:read'] })
  const { client_secret } = await made.json()
  const token = await world.app.token('acme', { client_id: 'short', client_secret })
  await asRoot(world, '/tenants/acme/tokens/revoke', { client_id: 'short' })
  const headers = { 'If-Match': '*' }
  await world.app.send('/api/v1/admin/tenants/acme/clients/short', {
    method: 'PATCH',
    headers: { ...headers, ...(await rootHeaders()), 'Content-Type': 'application/json' },
    body: JSON.stringify({ active: false }),
  })
  const explained = await explain(token)
  await expectVerdict(token, explained)
  expect(failedOf(explained)).toEqual(['client', 'revocation'])
})

const rootHeaders = async () => {
  const form = { client_id: 'root', client_secret: 'root-secret-value', scope: 'grantd:admin' }
  return { Authorization: `Bearer ${await world.app.token('ops', form)}` }
}

test.each([
  ['', 400],
  ['nonsense', 200],
  ['a.b.c', 200],
  ['eyJhbGciOiJub25lIn0.e30.', 200],
  [`${'x'.repeat(22)}.${'y'.repeat(43)}`, 200],
])('%p is no token', async (token, status) => {
  const init = { method: 'POST', headers: { ...(await rootHeaders()), 'Content-Type': 'application/json' } }
  const response = await world.app.send('/api/v1/admin/tokens/explain', {
    ...init,
    body: JSON.stringify({ token }),
  })
  expect(response.status).toBe(status)
  if (status === 200) expect((await response.json()).accepted).toBe(false)
})

test('an admin of a tenant learns of its own tokens alone', async () => {
  const made = await asRoot(world, '/tenants/other/clients', { client_id: 'boss', scopes: ['grantd:admin'] })
  const { client_secret } = await made.json()
  const boss = await world.app.token('other', { client_id: 'boss', client_secret, scope: 'grantd:admin' })
  const ask = async (body: object) => {
    const headers = { Authorization: `Bearer ${boss}`, 'Content-Type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    return (await world.app.send('/api/v1/admin/tokens/explain', init)).json()
  }
  const foreign = await world.app.token('acme', svc)
  for (const body of [{ token: foreign }, { token: foreign, tenant: 'acme' }]) {
    const explained = await ask(body)
    expect([explained.accepted, explained.tenant, failedOf(explained)]).toEqual([false, null, ['issuer']])
  }
  // The same answer as for an issuer that no tenant has, but for its name.
  const [head = '', , signature] = foreign.split('.')
  const claims = JSON.parse(Buffer.from(foreign.split('.')[1] ?? '', 'base64url').toString())
  const iss = claims.iss.replace('acme', 'none')
  const stranger = [head, Buffer.from(JSON.stringify({ ...claims, iss })).toString('base64url'), signature]
  const told = await ask({ token: stranger.join('.') })
  const ofForeign = await ask({ token: foreign })
  const lengths = (text: string) =>
    text.replaceAll(/a JWT of \d+ characters/g, '').replaceAll(iss, claims.iss)
  expect(lengths(JSON.stringify(told))).toBe(lengths(JSON.stringify(ofForeign)))
  const refresh = await ask({ token: await world.refreshToken(), tenant: 'acme' })
  expect([refresh.accepted, refresh.tenant, failedOf(refresh)]).toEqual([false, null, ['tenant']])
  const own = await world.app.token('other', { client_id: 'svc', client_secret: 'other-secret-value' })
  expect((await ask({ token: own })).accepted).toBe(true)
})

test('a token that has expired says since when', async () => {
  const token = await world.app.token('acme', svc)
  started.app.advance(3_720)
  const explained = await explain(token)
  await expectVerdict(token, explained)
  expect(failedOf(explained)).toEqual(['times'])
  expect(explained.steps.find(({ step }) => step === 'times')?.saw).toContain('2 min ago')
})
