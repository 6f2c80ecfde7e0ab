import { afterAll, beforeAll, expect, test } from 'bun:test'
import { noteClient, startSession } from '../../src/sessions/sessions.ts'
import { type Managed, startManaged } from './management-kit.ts'

const forms: URLSearchParams[] = []
const statuses: number[] = []
const client = Bun.serve({
  ...{ hostname: '127.0.0.1', port: 0 },
  fetch: async (request) => {
    forms.push(new URLSearchParams(await request.text()))
    return new Response('', { status: statuses.shift() ?? 200 })
  },
})

let managed: Managed
beforeAll(async () => {
  managed = await startManaged(
    '',
    `  people:
    name: People
    oauth2: {}
    oidc: { backchannel_logout_private_addresses: true }
    users: { eve: { email: eve@example.com, password: a-long-enough-password } }
    clients:
      web:
        secret: web-secret-value-0123456789
        grant_types: [authorization_code]
        redirect_uris: [https://web.example.com/callback]
        backchannel_logout_uri: http://127.0.0.1:${client.port}/logout
`,
  )
  // The server makes the key, as it does before anybody signs in.
  await managed.app.deps.keyring.of('people')
})
afterAll(async () => {
  await client.stop(true)
  await managed.close()
})

const openSession = async () => {
  const { deps } = managed.app
  const tenant = await deps.tenants.find('people')
  const person = await deps.people.of({ id: 'people' }).findByUsername('eve')
  if (!tenant || !person) throw new Error('There is nobody')
  const { session } = await startSession({ tenant, person, authTime: 0, amr: ['pwd'], userAgent: null }, deps)
  await noteClient('people', { sid: session.sid, clientId: 'web' }, deps)
  return session
}
const signOut = () => managed.grantd(['user', 'sign-out', '--tenant', 'people', '--user', 'eve'])

test('a command that ends sessions tells their clients before it ends', async () => {
  const { sid, sub } = await openSession()
  expect(await signOut()).toMatchObject({ code: 0, err: '' })
  expect(forms).toHaveLength(1)
  const [, claims = ''] = forms[0]?.get('logout_token')?.split('.') ?? []
  expect(JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))).toMatchObject({
    aud: 'web',
    sid,
    sub,
  })
})

test('and says so when one does not take it', async () => {
  statuses.push(500, 500)
  await openSession()
  const { code, err } = await signOut()
  expect([code, err]).toEqual([0, 'warning: a client was not told of a sign-out: status_500\n'])
})
