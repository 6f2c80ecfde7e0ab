import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { authenticateClient } from '../../src/clients/authentication/authentication.ts'
import { type Client, type ClientSecret, validSecrets } from '../../src/clients/client.ts'
import { ClientRegistry } from '../../src/clients/client-registry.ts'
import { clients as clientKind, secretUses } from '../../src/clients/client-row.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import { parseSecretHash } from '../../src/secrets/secret-checker.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { StorageError } from '../../src/storage/storage.ts'
import { basic, type Refusal, refusal } from '../endpoints/acme.ts'
import { builtClientsOf } from '../support/built-clients.ts'
import { failingStorage, rowsOf } from '../support/failing-storage.ts'
import { checkerWith, FakePasswordHash, hashing } from '../support/fake-secrets.ts'
import { introspect, revoke } from '../support/revocable.ts'
import { aClient } from '../support/settings.ts'
import { startTestApp, type TestApp, testStart } from '../support/test-app.ts'
import { nothingPresented } from './nothing-presented.ts'

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const failed: Refusal = [401, 'invalid_client', 'Client authentication failed']

let argon2: string
beforeAll(async () => {
  // The least that argon2id can cost: what is tested is which hash is asked.
  argon2 = await Bun.password.hash('slow-secret-value', { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 })
})

describe('a client with several secrets', () => {
  let app: TestApp
  beforeEach(async () => {
    app = await startTestApp(`
tenants:
  acme:
    name: Acme
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      svc:
        secrets:
          - { id: old, hash: '${sha256('old-secret-value')}', expires_at: '2030-01-01T00:01:00.500Z' }
          - { id: new, hash: '${sha256('new-secret-value')}', not_before: '2030-01-01T00:00:30Z' }
          - { id: slow, hash: '${argon2}' }
          - { id: gone, hash: '${sha256('gone-secret-value')}', expires_at: '2029-12-31T23:59:59Z' }
      other: { secrets: [{ id: old, hash: '${sha256('other-secret-value')}' }] }
`)
  })
  afterEach(() => app.close())

  const post = (client_secret: string) =>
    app.post('acme', { grant_type: 'client_credentials', client_id: 'svc', client_secret })

  test('authenticates with any that is valid, in the body and in the header', async () => {
    for (const secret of ['old-secret-value', 'slow-secret-value']) {
      expect((await post(secret)).status).toBe(200)
      const headers = { Authorization: basic('svc', secret) }
      expect((await app.post('acme', { grant_type: 'client_credentials' }, headers)).status).toBe(200)
    }
  })

  test.each([
    ['one that is not valid yet', 'new-secret-value'],
    ['one that has expired', 'gone-secret-value'],
    ['one of another client', 'other-secret-value'],
    ['the hash of one', sha256('old-secret-value')],
    ['none of them', 'wrong-secret-value'],
  ])('does not authenticate with %s', async (_, secret) => {
    expect(await refusal(await post(secret))).toEqual(failed)
  })

  test('takes one from not_before on, to the millisecond', async () => {
    app.advance(29.999)
    expect(await refusal(await post('new-secret-value'))).toEqual(failed)
    app.advance(0.001)
    expect((await post('new-secret-value')).status).toBe(200)
  })

  test('takes one until expires_at and not at it, to the millisecond', async () => {
    app.advance(60.499)
    expect((await post('old-secret-value')).status).toBe(200)
    app.advance(0.001)
    expect(await refusal(await post('old-secret-value'))).toEqual(failed)
  })

  test('has no gap between the old and the new', async () => {
    for (const [advance, old, recent] of [
      [0, 200, 401],
      [30, 200, 200],
      [30.5, 401, 200],
    ] as const) {
      app.advance(advance)
      expect((await post('old-secret-value')).status).toBe(old)
      expect((await post('new-secret-value')).status).toBe(recent)
    }
  })

  test('has the id of the secret in the log line, and never the secret', async () => {
    await post('slow-secret-value')
    expect(app.log.at(-1)).toMatchObject({ status: 200, client_id: 'svc', secret_id: 'slow' })
    await post('old-secret-value')
    expect(app.log.at(-1)).toMatchObject({ status: 200, client_id: 'svc', secret_id: 'old' })
    await post('wrong-secret-value')
    expect(app.log.at(-1)).toMatchObject({ status: 401, client_id: 'svc', error: 'invalid_client' })
    expect(app.log.at(-1)).not.toHaveProperty('secret_id')
  })

  test('has the id of the secret in the log line of introspection and revocation too', async () => {
    const form = { client_id: 'svc', client_secret: 'old-secret-value', token: 'x' }
    await introspect(app, 'acme', form)
    expect(app.log.at(-1)).toMatchObject({ client_id: 'svc', secret_id: 'old' })
    await revoke(app, 'acme', form)
    expect(app.log.at(-1)).toMatchObject({ client_id: 'svc', secret_id: 'old' })
  })

  test('has the last use of each secret in the storage after a flush, and no use of a refused one', async () => {
    await post('old-secret-value')
    await post('gone-secret-value')
    await post('wrong-secret-value')
    app.advance(2)
    await post('slow-secret-value')
    app.advance(3)
    await post('old-secret-value')
    expect(await rowsOf(app.deps.storage, 'acme', secretUses)).toEqual([])
    await app.deps.lastUse.flush()
    const rows = await rowsOf(app.deps.storage, 'acme', secretUses)
    expect(rows.map(({ id, usedAt, parent, value }) => [id, usedAt, parent, value])).toEqual([
      ['["svc","old"]', testStart, 'svc', {}],
      ['["svc","slow"]', testStart + 2000, 'svc', {}],
    ])
  })

  test('has a use noted again once five minutes are over, and not before', async () => {
    const usedAt = async () => {
      await app.deps.lastUse.flush()
      return (await rowsOf(app.deps.storage, 'acme', secretUses)).map((row) => row.usedAt)
    }
    for (const [advance, noted] of [
      [0, 0],
      [299, 0],
      [1, 300],
    ] as const) {
      app.advance(advance)
      await post('slow-secret-value')
      expect(await usedAt()).toEqual([testStart + noted * 1000])
    }
  })
})

const noAssertions = () => {
  throw new TypeError('Nobody sends an assertion here')
}

const always = { notBefore: null, expiresAt: null }
const secretOf = (id: string, hash: string): ClientSecret => ({ id, hash: parseSecretHash(hash), ...always })

function client(id: string, secrets: readonly ClientSecret[], active = true): Client {
  return aClient(id, { active, secrets })
}

/** The authentication of one tenant, over a storage that counts and a slow hash in name only. */
function start(clients: readonly Client[]) {
  const storage = failingStorage(createMemoryStorage())
  const slow = new FakePasswordHash()
  const registry = new ClientRegistry(builtClientsOf('acme', clients), { hashing, storage })
  const deps = {
    clients: registry.of('acme'),
    secrets: checkerWith(slow),
    tenantId: 'acme',
    findAssertionDeps: noAssertions,
    now: () => testStart,
  }
  const attempt = (clientId: string, clientSecret: string) =>
    authenticateClient({ ...nothingPresented, clientId, clientSecret }, deps)
  return {
    storage,
    slow,
    attempt,
    /** What an attempt that fails costs: the calls of the storage, the number of slow checks, and the error. */
    costOf: async (clientId: string, clientSecret: string) => {
      storage.calls.length = 0
      slow.asked.length = 0
      const error: unknown = await attempt(clientId, clientSecret).catch((cause: unknown) => cause)
      const refused = error instanceof OAuthError || error instanceof StorageError
      if (!refused) throw new TypeError('The client was not refused', { cause: error })
      return { calls: [...storage.calls], slow: slow.asked.length, message: error.message }
    },
  }
}

const slowSecret = secretOf('slow', '$fake$slow-secret')
const slowToo = secretOf('slow-too', '$fake$slow-too-secret')
const fastSecret = secretOf('fast', sha256('fast-secret'))

describe('slow and fast hashes side by side', () => {
  test.each([
    ['the slow first', [slowSecret, fastSecret]],
    ['the fast first', [fastSecret, slowSecret]],
  ])('each right secret is told with its id: %s', async (_, secrets) => {
    const { attempt } = start([client('svc', secrets)])
    expect((await attempt('svc', 'slow-secret')).proof.id).toBe('slow')
    expect((await attempt('svc', 'fast-secret')).proof.id).toBe('fast')
  })

  test('a slow secret is checked once and remembered, whichever place it has', async () => {
    const { attempt, slow } = start([client('svc', [slowSecret, slowToo])])
    expect((await attempt('svc', 'slow-too-secret')).proof.id).toBe('slow-too')
    expect(slow.asked).toHaveLength(2)
    for (let n = 0; n < 5; n++) expect((await attempt('svc', 'slow-too-secret')).proof.id).toBe('slow-too')
    expect(slow.asked).toHaveLength(2)
  })

  test('a secret that was remembered is refused once it has expired', () => {
    const expiring: ClientSecret = { ...slowSecret, expiresAt: testStart }
    expect(validSecrets([expiring, fastSecret], testStart - 1)).toEqual([expiring, fastSecret])
    expect(validSecrets([expiring, fastSecret], testStart)).toEqual([fastSecret])
    expect(validSecrets([{ ...fastSecret, notBefore: testStart }], testStart - 1)).toEqual([])
    expect(validSecrets([{ ...fastSecret, notBefore: testStart }], testStart)).toHaveLength(1)
  })

  test('a wrong secret is checked against every one, each time', async () => {
    const { costOf } = start([client('svc', [slowSecret, fastSecret, slowToo])])
    for (let n = 0; n < 2; n++) expect((await costOf('svc', 'wrong-secret')).slow).toBe(2)
  })

  test('an inactive client is checked each time, and remembered never', async () => {
    const { costOf } = start([client('svc', [slowSecret], false)])
    for (let n = 0; n < 2; n++) expect((await costOf('svc', 'slow-secret')).slow).toBe(1)
  })
})

describe('an unknown client and a known one', () => {
  const all = [slowSecret, slowToo]

  test('with a wrong secret ask the storage the same and check as many hashes', async () => {
    const { costOf } = start([client('svc', all), client('other', all), client('asleep', all, false)])
    const known = await costOf('svc', 'wrong-secret')
    expect(known).toEqual({
      calls: ['acme client findNear'],
      slow: 2,
      message: 'Client authentication failed',
    })
    expect(await costOf('nobody', 'wrong-secret')).toEqual(known)
    expect(await costOf('asleep', 'wrong-secret')).toEqual(known)
    expect(await costOf('', 'wrong-secret')).toEqual(known)
  })

  test('whose only secret has expired cost the same too', async () => {
    const expired = client('svc', [{ ...slowSecret, expiresAt: testStart }])
    const { costOf } = start([expired])
    expect(await costOf('svc', 'slow-secret')).toEqual(await costOf('nobody', 'slow-secret'))
  })

  test('cost the same while the storage is away', async () => {
    const { storage, costOf } = start([client('svc', all)])
    storage.failing = true
    const known = await costOf('svc', 'wrong-secret')
    expect(known.message).toBe('The storage of the test is switched off')
    expect(await costOf('nobody', 'wrong-secret')).toEqual(known)
  })

  test('a configured client with its secret asks the storage nothing, even while it is away', async () => {
    const { storage, attempt } = start([client('svc', all)])
    storage.failing = true
    expect((await attempt('svc', 'slow-secret')).proof.id).toBe('slow')
    expect(storage.calls).toEqual([])
  })
})

test('a stored client authenticates by its list too, and at its own tenant alone', async () => {
  const { storage, attempt, costOf } = start([client('svc', [slowSecret])])
  const stored = (id: string, not_before: number | null, expires_at: number | null) => ({
    id,
    hash: sha256(`${id}-secret`),
    created_at: testStart,
    not_before,
    expires_at,
  })
  const value = {
    name: 'Stored',
    active: true,
    introspect: false,
    grant_types: ['client_credentials'] as const,
    scopes: [],
    default_scopes: null,
    audience: null,
    resources: [],
    access_token_ttl: null,
    created_at: testStart,
    secrets: [
      stored('now', testStart, testStart + 1),
      stored('over', null, testStart),
      stored('soon', testStart + 1, null),
    ],
  }
  await storage.of('acme').of(clientKind).create({ id: 'made', value })
  await storage.of('beta').of(clientKind).create({ id: 'elsewhere', value })
  expect((await attempt('made', 'now-secret')).proof.id).toBe('now')
  for (const secret of ['over-secret', 'soon-secret', 'wrong-secret']) {
    // As slow as those of the file: a stored client cannot be told from an unknown one.
    expect(await costOf('made', secret)).toEqual(await costOf('nobody', secret))
  }
  expect((await costOf('elsewhere', 'now-secret')).message).toBe('Client authentication failed')
})

test('a stored client of the id of a configured one does not authenticate', async () => {
  const { storage, costOf } = start([client('svc', [fastSecret])])
  const value = {
    name: 'Impostor',
    active: true,
    introspect: true,
    grant_types: [],
    scopes: [],
    default_scopes: null,
    audience: null,
    resources: [],
    access_token_ttl: null,
    created_at: testStart,
    secrets: [{ id: 'x', hash: sha256('their-secret'), created_at: 0, not_before: null, expires_at: null }],
  }
  await storage.of('acme').of(clientKind).create({ id: 'svc', value })
  expect((await costOf('svc', 'their-secret')).message).toBe('Client authentication failed')
})
