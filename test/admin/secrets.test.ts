import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type AdminApp, type CallOptions, expectRefusal, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
})
afterAll(() => app.close())

const base = '/tenants/acme/clients'
const call = (method: string, path: string, options: CallOptions = {}) =>
  app.call(method, `${base}${path}`, { as: 'manager', ...options })

async function makeClient(client_id: string) {
  const { body } = await call('POST', '', { body: { client_id } })
  return { secret: String(body.client_secret), id: String(body.secrets[0].id) }
}

const statusOf = async (client_id: string, client_secret: string) =>
  (await app.post('acme', { grant_type: 'client_credentials', client_id, client_secret })).status

const listOf = async (client: string) => (await call('GET', `/${client}/secrets`)).body.items

describe('a new secret', () => {
  test('works beside the old one for a day, and then alone', async () => {
    const old = await makeClient('daily')
    const added = await call('POST', '/daily/secrets')
    expect([added.status, added.etag]).toEqual([201, expect.stringMatching(/^"2-/)])
    const { client_secret, id, ...rest } = added.body
    expect(client_secret).toMatch(/^gds_[0-9A-Za-z]{49}$/)
    expect(rest).toMatchObject({ not_before: null, expires_at: null, last_used: null, valid: true })
    const ends = new Date(app.deps.now() + 86_400_000).toISOString()
    expect(await listOf('daily')).toMatchObject([
      { id: old.id, expires_at: ends, valid: true },
      { id, expires_at: null, valid: true },
    ])
    app.advance(86_399)
    expect([await statusOf('daily', old.secret), await statusOf('daily', client_secret)]).toEqual([200, 200])
    app.advance(1)
    expect([await statusOf('daily', old.secret), await statusOf('daily', client_secret)]).toEqual([401, 200])
  })

  test('ends the old one when it is told to: at once, later, or not at all', async () => {
    const old = await makeClient('told')
    const second = await call('POST', '/told/secrets', { body: { old_ends_in_seconds: null, id: 'second' } })
    expect(await listOf('told')).toMatchObject([{ expires_at: null }, { id: 'second', expires_at: null }])
    await call('POST', '/told/secrets', { body: { old_ends_in_seconds: 60, id: 'third' } })
    const soon = new Date(app.deps.now() + 60_000).toISOString()
    await call('POST', '/told/secrets', { body: { old_ends_in_seconds: 3600, id: 'fourth' } })
    const later = new Date(app.deps.now() + 3_600_000).toISOString()
    // An end that is nearer stays.
    expect(await listOf('told')).toMatchObject([
      { id: old.id, expires_at: soon },
      { id: 'second', expires_at: soon },
      { id: 'third', expires_at: later },
      { id: 'fourth', expires_at: null },
    ])
    const last = await call('POST', '/told/secrets', { body: { old_ends_in_seconds: 0, id: 'last' } })
    expect(await listOf('told')).toMatchObject([{ id: 'last' }])
    expect([
      await statusOf('told', old.secret),
      await statusOf('told', second.body.client_secret),
      await statusOf('told', last.body.client_secret),
    ]).toEqual([401, 401, 200])
  })

  test('has an end of its own where it is told to', async () => {
    await makeClient('ending')
    const expires_at = new Date(app.deps.now() + 5000).toISOString()
    const added = await call('POST', '/ending/secrets', { body: { expires_at } })
    expect(added.body.expires_at).toBe(expires_at)
    app.advance(5)
    expect(await statusOf('ending', added.body.client_secret)).toBe(401)
    expect((await listOf('ending')).map(({ valid }: { valid: boolean }) => valid)).toEqual([true, false])
  })

  test.each<[string, unknown, string]>([
    ['an id that is a path', { id: '../x' }, 'The field id is malformed'],
    [
      'an end in the past',
      { expires_at: '2029-01-01T00:00:00Z' },
      'The field expires_at must be in the future',
    ],
    [
      'an end in another zone',
      { expires_at: '2040-01-01T00:00:00+01:00' },
      'The field expires_at must be a time in UTC such as 2030-01-31T00:00:00Z',
    ],
    [
      'an end on no day',
      { expires_at: '2040-02-30T00:00:00Z' },
      'The field expires_at must be a time in UTC such as 2030-01-31T00:00:00Z',
    ],
    ['an overlap below zero', { old_ends_in_seconds: -1 }, 'The field old_ends_in_seconds is malformed'],
    ['an overlap as a text', { old_ends_in_seconds: '1h' }, 'The field old_ends_in_seconds is malformed'],
    ['a secret of the sender', { client_secret: 'x' }, 'The request body has a field that is not known'],
  ])('refuses %s', async (what, body, sentence) => {
    await makeClient(what)
    const path = `/${encodeURIComponent(what)}`
    expectRefusal(await call('POST', `${path}/secrets`, { body }), 400, 'invalid_request', sentence)
    expect((await call('GET', path)).body.secrets).toHaveLength(1)
  })

  test('refuses an id that is taken, and more than ten; those that ended do not count', async () => {
    await makeClient('many')
    const body = { old_ends_in_seconds: 60 }
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => call('POST', '/many/secrets', { body })),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(9).fill(201), 409, 409, 409])
    expectRefusal(
      await call('POST', '/many/secrets'),
      409,
      'conflict',
      'The client has as many secrets as it can have; remove one',
    )
    const taken = (await listOf('many'))[0].id
    expectRefusal(
      await call('POST', '/many/secrets', { body: { id: taken } }),
      409,
      'conflict',
      'A secret of this id exists already',
    )
    app.advance(60)
    expect((await call('POST', '/many/secrets')).status).toBe(201)
    expect(await listOf('many')).toHaveLength(2)
  })

  test('goes by If-Match where it is sent', async () => {
    await makeClient('tagged')
    const { etag } = await call('GET', '/tagged')
    expect((await call('GET', '/tagged/secrets')).etag).toBe(etag)
    const answers = await Promise.all(
      [1, 2, 3].map(() => call('POST', '/tagged/secrets', { ifMatch: etag ?? '' })),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 412, 412])
  })
})

describe('the use of a secret', () => {
  test('is seen by id, and in the log', async () => {
    const old = await makeClient('used')
    const added = await call('POST', '/used/secrets', { body: { id: 'next' } })
    await statusOf('used', old.secret)
    await app.deps.lastUse.flush()
    const first = new Date(app.deps.now()).toISOString()
    expect(await listOf('used')).toMatchObject([
      { id: old.id, last_used: first },
      { id: 'next', last_used: null },
    ])
    expect(app.log.at(-2)).toMatchObject({ client_id: 'used', secret_id: old.id })
    app.advance(10)
    await statusOf('used', added.body.client_secret)
    await app.deps.lastUse.flush()
    expect((await call('GET', '/used')).body.secrets).toMatchObject([
      { id: old.id, last_used: first },
      { id: 'next', last_used: new Date(app.deps.now()).toISOString() },
    ])
  })

  test('is seen of a client of config.yaml too', async () => {
    const own = await startAdminApp()
    await own.token('acme', { client_id: 'plain', client_secret: 'plain-secret-value' })
    await own.deps.lastUse.flush()
    const { body } = await own.call('GET', `${base}/plain/secrets`, { as: 'manager' })
    expect(body).toEqual({
      items: [
        {
          id: 'default',
          created_at: null,
          not_before: null,
          expires_at: null,
          last_used: '2030-01-01T00:00:00.000Z',
          valid: true,
        },
      ],
      next_cursor: null,
    })
    const rotating = (await own.call('GET', `${base}/rotating/secrets`, { as: 'manager' })).body.items
    expect(rotating).toMatchObject([
      { id: 'old', expires_at: '2029-01-01T00:00:00.000Z', valid: false },
      { id: 'new', expires_at: null, valid: true },
    ])
    await own.close()
  })

  test('does not pass to a secret that is made again under the same id', async () => {
    await makeClient('twice')
    const { body } = await call('POST', '/twice/secrets', { body: { id: 'name' } })
    await statusOf('twice', body.client_secret)
    await app.deps.lastUse.flush()
    expect((await call('DELETE', '/twice/secrets/name')).status).toBe(204)
    await call('POST', '/twice/secrets', { body: { id: 'name' } })
    expect((await listOf('twice')).at(-1)).toMatchObject({ id: 'name', last_used: null })
  })
})

describe('removing one', () => {
  test('ends it at once, the last one too', async () => {
    const only = await makeClient('bare')
    const removed = await call('DELETE', `/bare/secrets/${only.id}`)
    expect([removed.status, removed.etag]).toEqual([204, expect.stringMatching(/^"2-/)])
    expect([await statusOf('bare', only.secret), await listOf('bare')]).toEqual([401, []])
    const added = await call('POST', '/bare/secrets')
    expect(await statusOf('bare', added.body.client_secret)).toBe(200)
  })

  test('of one that is not there is 404', async () => {
    await makeClient('empty')
    for (const id of ['nobody', '%zz', '__proto__']) {
      expectRefusal(await call('DELETE', `/empty/secrets/${id}`), 404, 'not_found', 'Secret not found')
    }
    expectRefusal(await call('DELETE', '/nobody/secrets/x'), 404, 'not_found', 'Client not found')
    expectRefusal(await call('GET', '/nobody/secrets'), 404, 'not_found', 'Client not found')
    expectRefusal(await call('POST', '/nobody/secrets'), 404, 'not_found', 'Client not found')
  })
})

test('neither a secret nor its hash is ever shown again, or logged', async () => {
  const own = await startAdminApp()
  const made = await own.call('POST', base, { body: { client_id: 'quiet' } })
  const added = await own.call('POST', `${base}/quiet/secrets`)
  const shown = await Promise.all(
    ['/quiet', '', '/quiet/secrets'].map((path) => own.call('GET', `${base}${path}`)),
  )
  const text = JSON.stringify([shown.map(({ body }) => body), own.events, own.log])
  for (const secret of [made.body.client_secret, added.body.client_secret]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(own.deps.hashing.sha256(secret).toHex())
  }
  expect(own.events.filter(({ type }) => type.startsWith('secret.'))).toMatchObject([
    { type: 'secret.added', client: 'quiet', actor: 'root', detail: { secret: added.body.id } },
  ])
  await own.close()
})

test('a use that is older than the secret is not its own', async () => {
  const own = await startAdminApp()
  const path = '/tenants/acme/clients/young'
  await own.call('POST', '/tenants/acme/clients', { body: { client_id: 'young' } })
  const add = () => own.call('POST', `${path}/secrets`, { body: { id: 'again' } })
  const { body } = await add()
  await own.token('acme', { client_id: 'young', client_secret: body.client_secret })
  await own.call('DELETE', `${path}/secrets/again`)
  own.advance(1)
  await add()
  // Noted before the secret was made, written after.
  await own.deps.lastUse.flush()
  const { secrets } = (await own.call('GET', path)).body
  const again = secrets.find(({ id }: { id: string }) => id === 'again')
  expect([again?.created_at, again?.last_used]).toEqual(['2030-01-01T00:00:01.000Z', null])
  await own.close()
})
