import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startSession } from '../../../src/sessions/sessions.ts'
import { type AdminApp, adminConfig, type CallOptions, expectRefusal, startAdminApp } from '../admin-app.ts'

const config = adminConfig.replace(
  '  other:\n    name: Other\n',
  `    oidc: {}
    users:
      eve: { password: eve-chose-a-password, email: eve@example.com, name: Eve, groups: [staff] }
  other:
    name: Other
    oidc: {}
`,
)

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp({}, config)
})
afterAll(() => app.close())

const base = '/tenants/acme/users'
const pathOf = (sub: string) => `${base}/${encodeURIComponent(sub)}`
const call = (method: string, path: string, options: CallOptions = {}) =>
  app.call(method, path, { as: 'manager', ...options })
const make = (email: string, rest: object = {}) => call('POST', base, { body: { email, ...rest } })

const created_at = '2030-01-01T00:00:00.000Z'
const bare = (email: string) => ({
  sub: expect.stringMatching(/^[\w-]{22}$/),
  source: 'storage',
  key: null,
  email,
  email_verified: false,
  name: null,
  active: true,
  groups: [],
  attributes: {},
  has_password: false,
  link_expires_at: '2030-01-02T00:00:00.000Z',
  created_at,
  updated_at: created_at,
})

describe('making one', () => {
  test('answers the link once, an ETag and the defaults', async () => {
    const { status, body, etag } = await make('first@example.com')
    expect([status, etag]).toEqual([201, '"2-o5uatc00"'])
    const { link, ...rest } = body
    expect(rest).toEqual(bare('first@example.com'))
    expect(link).toStartWith(`http://localhost:3000/api/v1/tenant/acme/account/password?link=${rest.sub}.`)
    const again = await call('GET', pathOf(rest.sub))
    expect([again.status, again.body, again.etag]).toEqual([200, rest, etag])
    expect(JSON.stringify(again.body)).not.toContain(link.slice(-43))
  })

  test('takes every setting, a sub and a hash, and shows no hash', async () => {
    const settings = {
      email: 'all@example.com',
      email_verified: true,
      name: 'All of it',
      groups: ['a', 'b'],
      attributes: { locale: 'de', nested: { x: [1] } },
    }
    const password_hash = await Bun.password.hash('a long password', { algorithm: 'bcrypt', cost: 4 })
    const { status, body } = await call('POST', base, {
      body: { ...settings, sub: 'f:1:ü/x', password_hash },
    })
    expect([status, body.error_description]).toEqual([
      400,
      'The field sub must be 1 to 255 printable ASCII characters without space',
    ])
    const made = await call('POST', base, { body: { ...settings, sub: 'f:1/x', password_hash } })
    expect([made.status, made.body]).toMatchObject([201, { ...settings, sub: 'f:1/x', has_password: true }])
    expect(made.body.link).toBeUndefined()
    const shown = await call('GET', pathOf('f:1/x'))
    expect(shown.body).toEqual(made.body)
    expect(JSON.stringify(shown.body)).not.toContain('$2b$')
  })

  test.each<[string, object, string]>([
    ['no address', {}, 'Missing required field: email'],
    [
      'an address that is none',
      { email: 'x' },
      'The field email must be an e-mail address such as ada@example.com',
    ],
    [
      'a password',
      { email: 'p@example.com', password: 'x' },
      'The request body has a field that is not known',
    ],
    ['a sub that is no text', { email: 'p@example.com', sub: 7 }, 'The field sub is malformed'],
    [
      'a hash that is none',
      { email: 'p@example.com', password_hash: 'secret' },
      'The field password_hash must be a whole argon2id, bcrypt or PBKDF2 hash',
    ],
    [
      'a hash whose check keeps others from signing in',
      {
        email: 'p@example.com',
        password_hash:
          '$argon2id$v=19$m=1048576,t=4,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g',
      },
      'The field password_hash takes more than a second to check; only grantd user import takes it',
    ],
  ])('%s is refused', async (_, body, sentence) => {
    expectRefusal(await call('POST', base, { body }), 400, 'invalid_request', sentence)
  })

  test('an address or a sub that is taken is refused', async () => {
    const first = await make('taken@example.com')
    const sentence = 'A person with this e-mail address exists already'
    expectRefusal(await make('TAKEN@example.com'), 409, 'conflict', sentence)
    expectRefusal(
      await make('eve@example.com'),
      409,
      'conflict',
      'A person with this e-mail address exists in config.yaml',
    )
    expectRefusal(
      await make('new@example.com', { sub: first.body.sub }),
      409,
      'conflict',
      'A person with this sub exists already',
    )
  })
})

describe('reading', () => {
  test('a list has pages, people of config.yaml, and finds one by address', async () => {
    for (let at = 0; at < 3; at++) await make(`page${at}@example.com`)
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await call('GET', `${base}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      expect(body.items.length).toBeLessThanOrEqual(2)
      seen.push(...body.items.map(({ email }: { email: string }) => email))
      cursor = body.next_cursor ?? ''
    } while (cursor !== '')
    expect(seen).toContain('eve@example.com')
    expect(new Set(seen).size).toBe(seen.length)
    const byEmail = async (email: string) =>
      (await call('GET', `${base}?email=${encodeURIComponent(email)}`)).body.items.map(
        ({ name, email: own }: { name: string; email: string }) => name ?? own,
      )
    expect(await byEmail('PAGE1@example.com')).toEqual(['page1@example.com'])
    expect(await byEmail('eve@EXAMPLE.com')).toEqual(['Eve'])
    expect([await byEmail('eve'), await byEmail('nobody@example.com'), await byEmail('')]).toEqual([
      [],
      [],
      [],
    ])
    const twice = await call('GET', `${base}?email=a&email=b`)
    expect([twice.status, twice.body.error]).toEqual([400, 'invalid_request'])
  })

  test('a person of config.yaml is read-only', async () => {
    const { body } = await call('GET', `${base}?email=eve@example.com`)
    const [eve] = body.items
    expect(eve).toMatchObject({ source: 'config', key: 'eve', created_at: null, link_expires_at: null })
    const path = pathOf(eve.sub)
    expect((await call('GET', path)).etag).toBeNull()
    const sentence = 'The person is defined in config.yaml and read-only here'
    const patch = { body: { active: false }, ifMatch: '*' }
    expectRefusal(await call('PATCH', path, patch), 409, 'conflict', sentence)
    expectRefusal(await call('DELETE', path), 409, 'conflict', sentence)
    expectRefusal(await call('POST', `${path}/reset`), 409, 'conflict', sentence)
    expect((await call('POST', `${path}/sign-out`)).status).toBe(204)
    expect((await call('GET', `${path}/sessions`)).body).toEqual({ items: [], next_cursor: null })
  })

  test.each([
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/reset'],
    ['POST', '/sign-out'],
    ['GET', '/sessions'],
  ])('%s of nobody is 404 at %p', async (method, path) => {
    const body = method === 'PATCH' ? {} : undefined
    for (const sub of ['nobody', '%ff', 'a%20b'])
      expectRefusal(
        await call(method, `${base}/${sub}${path}`, { body, ifMatch: '*' }),
        404,
        'not_found',
        'User not found',
      )
  })
})

describe('changing', () => {
  test('needs the ETag of what was read', async () => {
    const { body, etag } = await make('change@example.com')
    const path = pathOf(body.sub)
    const patch = { name: 'New', groups: ['g'], attributes: { locale: 'de' } }
    expect((await call('PATCH', path, { body: patch })).status).toBe(428)
    expect((await call('PATCH', path, { body: patch, ifMatch: '"9-x"' })).status).toBe(412)
    const changed = await call('PATCH', path, { body: patch, ifMatch: etag ?? '' })
    expect([changed.status, changed.body]).toMatchObject([200, patch])
    expect(changed.etag).not.toBe(etag)
    expect((await call('PATCH', path, { body: {}, ifMatch: etag ?? '' })).status).toBe(412)
    const nulls = await call('PATCH', path, { body: { name: null, groups: null }, ifMatch: '*' })
    expect(nulls.body).toMatchObject({ name: null, groups: [], attributes: { locale: 'de' } })
    for (const field of [{ sub: 'x' }, { password_hash: '$2b$' }, { link: null }, { created_at: 0 }])
      expectRefusal(
        await call('PATCH', path, { body: field, ifMatch: '*' }),
        400,
        'invalid_request',
        'The request body has a field that is not known',
      )
  })

  test('of a verified address is unverified until it is said', async () => {
    const { body } = await make('verified@example.com', { email_verified: true })
    const change = (patch: object) => call('PATCH', pathOf(body.sub), { body: patch, ifMatch: '*' })
    expect((await change({ name: 'V' })).body.email_verified).toBe(true)
    expect((await change({ email: 'moved@example.com' })).body).toMatchObject({
      email_verified: false,
      link_expires_at: null,
    })
    expect((await change({ email: 'x@example.com', email_verified: true })).body.email_verified).toBe(true)
  })

  test('a deleted person is gone, and the address is free', async () => {
    const { body, etag } = await make('gone@example.com')
    expect((await call('DELETE', pathOf(body.sub), { ifMatch: '"9-x"' })).status).toBe(412)
    expect((await call('DELETE', pathOf(body.sub), { ifMatch: etag ?? '' })).status).toBe(204)
    expect((await call('GET', pathOf(body.sub))).status).toBe(404)
    expect((await make('gone@example.com')).status).toBe(201)
  })
})

describe('sessions and links', () => {
  const openSession = async (sub: string) => {
    const tenant = await app.deps.tenants.find('acme')
    if (!tenant) throw new Error('There is no tenant')
    const signIn = { tenant, person: { sub }, authTime: 0, amr: ['pwd'], userAgent: 'Lynx/2.9' }
    return (await startSession(signIn, app.deps)).session.sid
  }

  test('the sessions are listed, one ends, and then all of them', async () => {
    const { body } = await make('sessions@example.com')
    const path = pathOf(body.sub)
    const [first, second] = [await openSession(body.sub), await openSession(body.sub)]
    const list = async () => (await call('GET', `${path}/sessions`)).body.items
    expect(await list()).toContainEqual({
      ...{ sid: first, created_at, last_seen_at: created_at, amr: ['pwd'], clients: [] },
      user_agent: 'Lynx/2.9',
    })
    expect(JSON.stringify(await list())).not.toMatch(/hash|secret/)
    const stranger = await make('stranger@example.com')
    const notHers = await call('DELETE', `${pathOf(stranger.body.sub)}/sessions/${first}`)
    expectRefusal(notHers, 404, 'not_found', 'Session not found')
    expect((await call('DELETE', `${path}/sessions/${first}`)).status).toBe(204)
    expectRefusal(await call('DELETE', `${path}/sessions/${first}`), 404, 'not_found', 'Session not found')
    expect((await list()).map(({ sid }: { sid: string }) => sid)).toEqual([second])
    expect((await call('POST', `${path}/sign-out`)).status).toBe(204)
    expect(await list()).toEqual([])
    const ended = app.events.filter(({ type }) => type === 'session.ended' || type === 'user.signed_out')
    expect(ended.slice(-2).map(({ type, actor, detail }) => [type, actor, detail])).toEqual([
      ['session.ended', 'manager', { sub: body.sub, sid: first, by: 'admin' }],
      ['user.signed_out', 'manager', { sub: body.sub, sessions: '1' }],
    ])
  })

  test('a reset answers a new link, and an inactive person gets none', async () => {
    const { body } = await make('reset@example.com')
    const path = pathOf(body.sub)
    const reset = await call('POST', `${path}/reset`)
    expect([reset.status, reset.body]).toEqual([
      200,
      { link: expect.any(String), link_expires_at: '2030-01-02T00:00:00.000Z' },
    ])
    expect(reset.body.link).not.toBe(body.link)
    await call('PATCH', path, { body: { active: false }, ifMatch: '*' })
    const sentence = 'The person is inactive; enable the person first'
    expectRefusal(await call('POST', `${path}/reset`), 409, 'conflict', sentence)
  })
})

describe('an admin of another tenant', () => {
  test('sees and changes nothing, whatever the path says', async () => {
    const { body, etag } = await make('target@example.com')
    const sid = 'W0xTQ2p1n8gR6s3bq4mUvA'
    const before = (await call('GET', pathOf(body.sub))).body
    const attempts: [string, string, CallOptions?][] = [
      ['GET', base],
      ['GET', `${base}?email=target@example.com`],
      ['POST', base, { body: { email: 'evil@example.com' } }],
      ['GET', pathOf(body.sub)],
      ['PATCH', pathOf(body.sub), { body: { active: false }, ifMatch: etag ?? '*' }],
      ['DELETE', pathOf(body.sub)],
      ['POST', `${pathOf(body.sub)}/reset`],
      ['POST', `${pathOf(body.sub)}/sign-out`],
      ['GET', `${pathOf(body.sub)}/sessions`],
      ['DELETE', `${pathOf(body.sub)}/sessions/${sid}`],
    ]
    for (const [method, path, options] of attempts) {
      const answer = await app.call(method, path, { ...options, as: 'other' })
      expect([method, path, answer.status, answer.body.error]).toEqual([
        method,
        path,
        404,
        'tenant_not_found',
      ])
    }
    // The same sub below the own tenant is another person, who does not exist.
    for (const [method, path, options] of attempts.slice(3)) {
      const own = path.replace('/tenants/acme/', '/tenants/other/')
      const answer = await app.call(method, own, { ...options, as: 'other' })
      expect([method, own, answer.status]).toEqual([method, own, 404])
    }
    expect((await call('GET', pathOf(body.sub))).body).toEqual(before)
  })

  test('a token without the scope is refused', async () => {
    const client = { client_id: 'plain', client_secret: 'plain-secret-value' }
    const token = await app.token('acme', client)
    expect((await app.call('GET', base, { token })).status).toBe(403)
    expect((await app.call('GET', base, { token: '' })).status).toBe(401)
  })
})

test('neither the log nor the events have an e-mail address or a name', async () => {
  await make('canary.person@example.com', { name: 'Canary Person' })
  const text = JSON.stringify([app.log, app.events])
  expect(text).not.toMatch(/example\.com|Canary Person/)
})
