import { expect, test } from 'bun:test'
import { authenticateClient } from '../../src/clients/authentication/authentication.ts'
import type { PresentedClient } from '../../src/clients/authentication/authentication-methods.ts'
import type { AuthenticatedClient } from '../../src/clients/authentication/check-credentials.ts'
import { uncounted } from '../../src/clients/authentication/client-attempt.ts'
import type { Client } from '../../src/clients/client.ts'
import { ClientRegistry } from '../../src/clients/client-registry.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import { parseSecretHash } from '../../src/secrets/secret-checker.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { builtClientsOf } from '../support/built-clients.ts'
import { checkerWith, FakePasswordHash, hashing } from '../support/fake-secrets.ts'
import { aClient } from '../support/settings.ts'
import { nothingPresented } from './nothing-presented.ts'

function client(id: string, changes: { active?: boolean; hash?: string } = {}): Client {
  return aClient(id, {
    active: changes.active ?? true,
    secrets: [
      {
        id: 'default',
        hash: parseSecretHash(changes.hash ?? `$fake$${id}-secret`),
        notBefore: null,
        expiresAt: null,
      },
    ],
  })
}

const noAssertions = () => {
  throw new TypeError('Nobody sends an assertion here')
}

const sha256 = (text: string) => `sha256:${hashing.sha256(text).toHex()}`

function tenantWith(clients: readonly Client[]) {
  const slow = new FakePasswordHash()
  const registry = new ClientRegistry(builtClientsOf('acme', clients), {
    hashing,
    storage: createMemoryStorage(),
  })
  const tenantClients = registry.of('acme')
  const reads: string[] = []
  const findNearStored = tenantClients.findNearStored.bind(tenantClients)
  tenantClients.findNearStored = (id) => {
    reads.push(id)
    return findNearStored(id)
  }
  const deps = {
    clients: tenantClients,
    secrets: checkerWith(slow),
    now: () => 0,
    tenantId: 'acme',
    findAssertionDeps: noAssertions,
  }
  const exempt = { ...uncounted, isExempt: () => true }
  const authenticate = (presented: Partial<PresentedClient>) =>
    authenticateClient({ ...nothingPresented, ...presented }, deps)
  const mustWait = new OAuthError('temporarily_unavailable', 'Wait', { status: 429 })
  const held = { ...exempt, isRemembered: () => false, admit: () => Promise.reject(mustWait) }
  return {
    slow,
    /** The ids that the storage was asked for. */
    reads,
    basic: (clientId: string, clientSecret: string) => authenticate({ basic: { clientId, clientSecret } }),
    post: (clientId: string, clientSecret: string) => authenticate({ clientId, clientSecret }),
    authenticate,
    /** As if somebody guessed at the address of the client. */
    guessBeside: (clientId: string, clientSecret: string) =>
      authenticateClient(
        { ...nothingPresented, clientId, clientSecret },
        { ...deps, openAttempt: () => exempt },
      ),
    /** The attempt has to wait. */
    guessTooOften: (clientId: string, clientSecret: string) =>
      authenticateClient(
        { ...nothingPresented, clientId, clientSecret },
        { ...deps, openAttempt: () => held },
      ),
  }
}

async function refusalOf(attempt: Promise<AuthenticatedClient>): Promise<unknown> {
  const error = await attempt.catch((cause: unknown) => cause)
  if (!(error instanceof OAuthError)) throw new TypeError('The client was not refused', { cause: error })
  const { code, status, message, challenge } = error
  return { code, status, message, challenge }
}

const invalid = { code: 'invalid_client', status: 401, message: 'Client authentication failed' }
const failed = { ...invalid, challenge: undefined }
const failedBasic = { ...invalid, challenge: { scheme: 'Basic', realm: 'acme', withError: false } }

const app = client('app')
const asApp = { client: app, proof: { kind: 'secret', id: 'default' } } as const
const asleep = client('asleep', { active: false })

test('a client with its secret is known, from the header and from the body', async () => {
  const tenant = tenantWith([app, asleep])
  expect(await tenant.basic('app', 'app-secret')).toEqual(asApp)
  expect(await tenant.post('app', 'app-secret')).toEqual(asApp)
  const both = { basic: { clientId: 'app', clientSecret: 'app-secret' }, clientId: 'app' }
  expect(await tenant.authenticate(both)).toEqual(asApp)
})

const failures: readonly [what: string, id: string, secret: string][] = [
  ['an unknown client', 'nobody', 'app-secret'],
  ['a wrong secret', 'app', 'other-secret'],
  ['an empty secret', 'app', ''],
  ['an inactive client with its secret', 'asleep', 'asleep-secret'],
  ['an inactive client with a wrong secret', 'asleep', 'other-secret'],
  ['a client id in other case', 'APP', 'app-secret'],
  ['a client id that is a member of every object', 'constructor', 'app-secret'],
  ['an empty client id', '', ''],
]
test.each(failures)(
  '%s fails as any other does, after one slow check each time',
  async (_what, id, secret) => {
    const tenant = tenantWith([app, asleep])
    await tenant.basic('app', 'app-secret')
    expect(tenant.slow.asked).toHaveLength(1)
    expect(await refusalOf(tenant.basic(id, secret))).toEqual(failedBasic)
    expect(await refusalOf(tenant.post(id, secret))).toEqual(failed)
    expect(await refusalOf(tenant.post(id, secret))).toEqual(failed)
    expect(tenant.slow.asked).toHaveLength(4)
  },
)

test('an unknown client is checked against one dummy, always the same, and never let in by it', async () => {
  const clients = Array.from({ length: 5 }, (_, n) => client(`c${n}`))
  const tenant = tenantWith(clients)
  const asked = async (id: string, secret: string) => {
    expect(await refusalOf(tenant.post(id, secret))).toEqual(failed)
    return tenant.slow.asked.at(-1)?.split(' ')[1]
  }
  const dummies = new Set<string | undefined>()
  for (let n = 0; n < 50; n++) {
    const dummy = await asked(`unknown-${n}`, 'x')
    expect(dummy).toMatch(/^\$fake\$c[0-4]-secret$/)
    // The secret that fits the dummy.
    expect(await asked(`unknown-${n}`, dummy?.slice(6) ?? '')).toBe(dummy)
    dummies.add(dummy)
  }
  expect(dummies.size).toBe(5)
  expect(tenant.slow.asked).toHaveLength(100)
})

test('which dummy an id gets is the same after a restart and at a replica, and depends on what is secret', async () => {
  const dummiesOf = async (clients: readonly Client[]) => {
    const tenant = tenantWith(clients)
    for (let n = 0; n < 20; n++) await refusalOf(tenant.post(`unknown-${n}`, 'x'))
    return tenant.slow.asked
  }
  const clients = Array.from({ length: 5 }, (_, n) => client(`c${n}`))
  expect(await dummiesOf(clients)).toEqual(await dummiesOf(clients.toReversed()))
  const others = clients.map(({ id }, n) => client(id, { hash: `$fake$other-${n}` }))
  const places = (asked: readonly string[]) =>
    asked.map((line) => /[0-4](?=-secret)|(?<=other-)[0-4]/.exec(line)?.[0])
  expect(places(await dummiesOf(clients))).not.toEqual(places(await dummiesOf(others)))
})

test('where some hashes are fast and some slow, so are those of unknown clients', async () => {
  const tenant = tenantWith([app, client('fast', { hash: sha256('fast-secret') })])
  for (let n = 0; n < 200; n++) await refusalOf(tenant.post(`unknown-${n}`, 'fast-secret'))
  expect(tenant.slow.asked.length).toBeGreaterThan(50)
  expect(tenant.slow.asked.length).toBeLessThan(150)
})

test('whoever is looked at for the address alone costs no slow check once the client was there', async () => {
  const { slow, guessBeside } = tenantWith([app, client('other')])
  expect((await guessBeside('app', 'app-secret')).client.id).toBe('app')
  expect(slow.asked).toEqual(['app-secret $fake$app-secret'])
  for (const id of ['app', 'app', 'nobody']) expect(await refusalOf(guessBeside(id, 'wrong'))).toEqual(failed)
  expect(slow.asked).toHaveLength(1)
})

test('whoever has to wait is refused after the reads of any failure, with the right secret too, and no slow check', async () => {
  const tenant = tenantWith([app, client('other')])
  for (const [id, secret] of [
    ['app', 'app-secret'],
    ['app', 'wrong'],
    ['nobody', 'wrong'],
  ] as const) {
    const held = await refusalOf(tenant.guessTooOften(id, secret))
    expect(held).toMatchObject({ code: 'temporarily_unavailable', status: 429 })
  }
  expect([tenant.reads, tenant.slow.asked]).toEqual([['app', 'app', 'nobody'], []])
})

test('where every hash is fast an unknown client costs no slow check', async () => {
  const fast = client('fast', { hash: sha256('fast-secret') })
  const tenant = tenantWith([fast])
  expect(await refusalOf(tenant.post('unknown', 'fast-secret'))).toEqual(failed)
  expect(await tenant.post('fast', 'fast-secret')).toEqual({
    client: fast,
    proof: { kind: 'secret', id: 'default' },
  })
  expect(tenant.slow.asked).toEqual([])
})

test('a tenant without clients refuses as any other', async () => {
  expect(await refusalOf(tenantWith([]).basic('app', 'app-secret'))).toEqual(failedBasic)
})

test('a tenant knows none of the clients of another', async () => {
  const registry = new ClientRegistry(builtClientsOf('acme', [app]), {
    hashing,
    storage: createMemoryStorage(),
  })
  expect(await registry.of('acme').find('app')).toEqual(app)
  expect(await registry.of('beta').find('app')).toBeUndefined()
  expect(registry.of('beta').configured).toEqual([])
})

const missing = 'Client credentials are missing'
const malformed = 'The client credentials are malformed'
const unusable: readonly [what: string, presented: Partial<PresentedClient>, refusal: object][] = [
  ['no credentials', {}, { ...failed, message: missing }],
  ['a client_id alone', { clientId: 'app' }, { ...failed, message: missing }],
  ['a client_secret alone', { clientSecret: 'app-secret' }, { ...failed, message: malformed }],
  ['a malformed header', { basic: 'malformed' }, { ...failedBasic, message: malformed }],
  [
    'a malformed header beside a client_id',
    { basic: 'malformed', clientId: 'app' },
    { ...failedBasic, message: malformed },
  ],
]
test.each(unusable)('a request with %s fails and says so', async (_what, presented, refusal) => {
  expect(await refusalOf(tenantWith([app]).authenticate(presented))).toEqual(refusal)
})

const good = { clientId: 'app', clientSecret: 'app-secret' }
const twoAtOnce: readonly [what: string, presented: Partial<PresentedClient>][] = [
  ['the same credentials in header and body', { basic: good, ...good }],
  ['a malformed header and a body', { basic: 'malformed', ...good }],
  ['a header and a secret in the body', { basic: good, clientSecret: 'app-secret' }],
]
test.each(twoAtOnce)('%s are two methods at once, and nothing is checked', async (_what, presented) => {
  const tenant = tenantWith([app])
  expect(await refusalOf(tenant.authenticate(presented))).toEqual({
    code: 'invalid_request',
    status: 400,
    message: 'More than one client authentication method was used',
    challenge: undefined,
  })
  expect(tenant.slow.asked).toEqual([])
})

test('a client_id other than that of the header is refused, and nothing is checked', async () => {
  const tenant = tenantWith([app])
  for (const clientId of ['asleep', 'APP', '']) {
    expect(await refusalOf(tenant.authenticate({ basic: good, clientId }))).toEqual({
      code: 'invalid_request',
      status: 400,
      message: 'The client_id differs from that of the Authorization header',
      challenge: undefined,
    })
  }
  expect(tenant.slow.asked).toEqual([])
})
