import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { callProtected } from '../support/test-app.ts'
import { type AdminApp, type CallOptions, expectRefusal, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
})
afterAll(() => app.close())

const base = '/tenants/acme/clients'
const pathOf = (id: string) => `${base}/${encodeURIComponent(id)}`
const call = (method: string, path: string, options: CallOptions = {}) =>
  app.call(method, path, { as: 'manager', ...options })
const make = (client_id: string, rest: object = {}) => call('POST', base, { body: { client_id, ...rest } })
const tokenResponse = (client_id: string, client_secret: string, more: Record<string, string> = {}) =>
  app.post('acme', { grant_type: 'client_credentials', client_id, client_secret, ...more })

const created_at = '2030-01-01T00:00:00.000Z'
const bare = (client_id: string) => ({
  client_id,
  source: 'storage',
  name: client_id,
  active: true,
  introspect: false,
  grant_types: ['client_credentials'],
  scopes: [],
  default_scopes: [],
  audience: null,
  resources: [],
  access_token_ttl: null,
  tokens_per_minute: null,
  redirect_uris: [],
  post_logout_redirect_uris: [],
  backchannel_logout_uri: null,
  allowed_origins: [],
  require_pkce: true,
  require_pushed_authorization_requests: false,
  consent: 'remember',
  userinfo_signed: false,
  claims: {},
  token_endpoint_auth_method: null,
  jwks: null,
  created_at,
})

describe('making one', () => {
  test('answers the secret once, an ETag and the defaults of config.yaml, and the client works at once', async () => {
    const { status, body, etag } = await make('first')
    expect([status, etag]).toEqual([201, '"1-o5uatc00"'])
    const { client_secret, secrets, ...rest } = body
    expect(client_secret).toMatch(/^gds_[0-9A-Za-z]{49}$/)
    expect(rest).toEqual(bare('first'))
    expect(secrets).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}$/),
        created_at,
        not_before: null,
        expires_at: null,
        last_used: null,
        valid: true,
      },
    ])
    expect((await tokenResponse('first', client_secret)).status).toBe(200)
    expect((await tokenResponse('first', `${client_secret}x`)).status).toBe(401)
    const again = await call('GET', pathOf('first'))
    expect(again.etag).toBe(etag)
    expect(JSON.stringify(again.body)).not.toContain(client_secret)
    expect(JSON.stringify(again.body)).not.toMatch(/sha256|hash/)
  })

  test('takes every setting, and tokens are as they say', async () => {
    const settings = {
      name: 'All of it',
      introspect: true,
      scopes: ['api:read', 'api:write', 'api-keys:manage'],
      default_scopes: ['api:write'],
      audience: ['a', 'https://b.example'],
      resources: ['https://c.example/x'],
      access_token_ttl: 60,
    }
    const { status, body } = await make('all-of-it', settings)
    expect([status, body]).toMatchObject([201, settings])
    const token = await (
      await tokenResponse('all-of-it', body.client_secret, { resource: 'https://c.example/x' })
    ).json()
    expect(token).toMatchObject({ expires_in: 60, scope: 'api:write' })
  })

  test('null stands for the default', async () => {
    const { status, body } = await make('nulls', { name: null, scopes: null, active: null, audience: null })
    expect(status).toBe(201)
    expect(body).toMatchObject(bare('nulls'))
  })

  test.each<[string, object, string]>([
    ['an id that is missing', {}, 'Missing required field: client_id'],
    ['an id that is no text', { client_id: 7 }, 'Missing required field: client_id'],
    ['an empty id', { client_id: '' }, 'The field client_id must be 1 to 256 printable ASCII characters'],
    [
      'an id with a NUL',
      { client_id: 'a\0b' },
      'The field client_id must be 1 to 256 printable ASCII characters',
    ],
    [
      'an id with a line end',
      { client_id: 'a\n' },
      'The field client_id must be 1 to 256 printable ASCII characters',
    ],
    [
      'an id beyond ASCII',
      { client_id: 'é' },
      'The field client_id must be 1 to 256 printable ASCII characters',
    ],
    [
      'an id that is too long',
      { client_id: 'x'.repeat(257) },
      'The field client_id must be 1 to 256 printable ASCII characters',
    ],
    [
      'the id of the folder',
      { client_id: '.' },
      'The field client_id must be 1 to 256 printable ASCII characters',
    ],
    [
      'the id of the folder above',
      { client_id: '..' },
      'The field client_id must be 1 to 256 printable ASCII characters',
    ],
    ['a member that is not known', { secret: 'x' }, 'The request body has a field that is not known'],
    ['a null for one', { secret_hash: null }, 'The request body has a field that is not known'],
    ['a hash of the sender', { secrets: [] }, 'The request body has a field that is not known'],
    [
      'a prototype',
      JSON.parse('{"__proto__": {"active": true}}'),
      'The request body has a field that is not known',
    ],
    ['an empty name', { name: '' }, 'The field name must be a text of 1 to 200 characters'],
    ['a long name', { name: 'x'.repeat(201) }, 'The field name must be a text of 1 to 200 characters'],
    ['a text for a boolean', { active: 'true' }, 'The field active must be true or false'],
    [
      'another grant',
      { grant_types: ['password'] },
      'The field grant_types must be a list of at most 100 different values, each one of client_credentials authorization_code refresh_token urn:ietf:params:oauth:grant-type:device_code',
    ],
    [
      'a scope of nobody',
      { scopes: ['api:admin'] },
      'The field scopes has a scope that the tenant does not have',
    ],
    [
      'a scope twice',
      { scopes: ['api:read', 'api:read'] },
      'The field scopes must be a list of at most 100 different values, each printable ASCII without space, quote and backslash (RFC 6749 section 3.3)',
    ],
    [
      'two scopes in one',
      { scopes: ['api:read api:write'] },
      'The field scopes must be a list of at most 100 different values, each printable ASCII without space, quote and backslash (RFC 6749 section 3.3)',
    ],
    [
      'scopes as a text',
      { scopes: 'api:read' },
      'The field scopes must be a list of at most 100 different values, each printable ASCII without space, quote and backslash (RFC 6749 section 3.3)',
    ],
    [
      'a default that opens the admin API',
      { scopes: ['api:read', 'grantd:admin'], default_scopes: ['api:read', 'grantd:admin'] },
      'The field default_scopes has a scope that a request has to name',
    ],
    [
      'a default that makes API keys',
      { scopes: ['api-keys:manage'], default_scopes: ['api-keys:manage'] },
      'The field default_scopes has a scope that a request has to name',
    ],
    [
      'a default that is not among them',
      { scopes: ['api:read'], default_scopes: ['api:write'] },
      'The field default_scopes has a scope that is not among scopes',
    ],
    [
      'an empty audience',
      { audience: [] },
      'The field audience must be a list of at most 100 different values, each a text of 1 to 200 characters',
    ],
    [
      'a resource that is no URI',
      { resources: ['b'] },
      'The field resources must be absolute URIs without fragment',
    ],
    [
      'no life',
      { access_token_ttl: 0 },
      'The field access_token_ttl must be a whole number from 1 to 31536000',
    ],
    [
      'a life as a text',
      { access_token_ttl: '1h' },
      'The field access_token_ttl must be a whole number from 1 to 31536000',
    ],
    [
      'half a second',
      { access_token_ttl: 1.5 },
      'The field access_token_ttl must be a whole number from 1 to 31536000',
    ],
    [
      'too many resources',
      { resources: Array.from({ length: 101 }, (_, index) => `https://a/${index}`) },
      'The field resources must be a list of at most 100 different values, each a text of 1 to 1000 characters',
    ],
  ])('refuses %s', async (what, body, sentence) => {
    const hasId = 'client_id' in body || what.startsWith('an id that is missing')
    const answer = await call('POST', base, { body: hasId ? body : { client_id: 'refused', ...body } })
    expectRefusal(answer, 400, 'invalid_request', sentence)
    expect((await call('GET', pathOf('refused'))).status).toBe(404)
  })

  test('refuses a body that is no JSON object, of another type or too large', async () => {
    const refusals: [string, Record<string, string>, number, string][] = [
      ['[]', {}, 400, 'The request body must be a JSON object'],
      ['null', {}, 400, 'The request body must be a JSON object'],
      ['{', {}, 400, 'The request body is malformed'],
      [
        'client_id=x',
        { 'Content-Type': 'application/x-www-form-urlencoded' },
        400,
        'The body must be application/json',
      ],
      [`{"client_id":"${'x'.repeat(70_000)}"}`, {}, 413, 'The request body is too large'],
      [
        `{"client_id":"x","name":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}`,
        {},
        400,
        'The request body is nested too deeply',
      ],
    ]
    for (const [body, headers, status, sentence] of refusals) {
      expectRefusal(await call('POST', base, { body, headers }), status, 'invalid_request', sentence)
    }
  })

  test('refuses an id that config.yaml has, and one that is there', async () => {
    const readOnly = 'The client is defined in config.yaml and read-only here'
    expectRefusal(await make('plain'), 409, 'conflict', readOnly)
    await make('twice')
    expectRefusal(await make('twice'), 409, 'conflict', 'A client of this id exists already')
  })

  test('of many at once that want one id, one gets it', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => make('raced')))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(9).fill(409)])
  })
})

describe('any id that a client can have', () => {
  const ids = [
    'a/b',
    'a b',
    '100%',
    '%2F',
    'a+b',
    '?q=1#x',
    '__proto__',
    'constructor',
    'toString',
    '...',
    '~',
    ' ',
    '"quoted"\\',
    'x'.repeat(256),
  ]

  test.each(ids)('%j is made, found, changed and deleted', async (id) => {
    const made = await make(id)
    expect([made.status, made.body.client_id]).toEqual([201, id])
    const found = await call('GET', pathOf(id))
    expect([found.status, found.body.client_id]).toEqual([200, id])
    const changed = await call('PATCH', pathOf(id), { body: { name: 'n' }, ifMatch: made.etag ?? '' })
    expect([changed.status, changed.body.name]).toEqual([200, 'n'])
    expect((await call('GET', `${pathOf(id)}/secrets`)).body.items).toHaveLength(1)
    expect((await call('DELETE', pathOf(id))).status).toBe(204)
    expectRefusal(await call('GET', pathOf(id)), 404, 'not_found', 'Client not found')
  })

  test.each(['%zz', '%', '%ff', '%00', 'nobody'])('the path %s names none', async (path) => {
    expectRefusal(await call('GET', `${base}/${path}`), 404, 'not_found', 'Client not found')
    expectRefusal(await call('DELETE', `${base}/${path}`), 404, 'not_found', 'Client not found')
    expectRefusal(
      await call('PATCH', `${base}/${path}`, { body: {}, ifMatch: '*' }),
      404,
      'not_found',
      'Client not found',
    )
  })
})

describe('a client of config.yaml', () => {
  test('is shown without an ETag, and not changed', async () => {
    const { status, body, etag } = await call('GET', `${base}/plain`)
    expect([status, etag]).toEqual([200, null])
    expect(body).toMatchObject({
      client_id: 'plain',
      source: 'config',
      name: 'Plain client',
      created_at: null,
    })
    expect(body.secrets).toEqual([
      { id: 'default', created_at: null, not_before: null, expires_at: null, last_used: null, valid: true },
    ])
    const sentence = 'The client is defined in config.yaml and read-only here'
    const calls = [
      call('PATCH', `${base}/plain`, { body: { active: false } }),
      call('PATCH', `${base}/plain`, { body: { active: false }, ifMatch: '*' }),
      call('DELETE', `${base}/plain`),
      call('POST', `${base}/plain/secrets`),
      call('DELETE', `${base}/plain/secrets/default`),
    ]
    for (const each of calls) expectRefusal(await each, 409, 'conflict', sentence)
  })
})

describe('changing one', () => {
  test('is a merge patch: what is left out stays, null brings back the default', async () => {
    const made = await make('patched', { name: 'N', scopes: ['api:read'], access_token_ttl: 60 })
    const first = await call('PATCH', pathOf('patched'), {
      body: { scopes: ['api:write'] },
      ifMatch: made.etag ?? '',
    })
    expect([first.status, first.etag]).toEqual([200, '"2-o5uatc00"'])
    expect(first.body).toMatchObject({ name: 'N', scopes: ['api:write'], access_token_ttl: 60 })
    const second = await call('PATCH', pathOf('patched'), {
      body: { name: null, access_token_ttl: null },
      ifMatch: '*',
      headers: { 'Content-Type': 'application/merge-patch+json' },
    })
    expect(second.body).toMatchObject({ name: 'patched', scopes: ['api:write'], access_token_ttl: null })
    expect((await call('GET', pathOf('patched'))).body).toEqual(second.body)
  })

  test('wants If-Match, and one that fits', async () => {
    const made = await make('matched')
    const etag = made.etag ?? ''
    const patch = (ifMatch?: string) =>
      call('PATCH', pathOf('matched'), { body: { name: 'x' }, ...(ifMatch !== undefined && { ifMatch }) })
    const required = 'If-Match is required: send the ETag of what is changed'
    const failed = 'It was changed meanwhile: read it again and send its ETag'
    expectRefusal(await patch(), 428, 'precondition_required', required)
    for (const wrong of ['"0"', '"2-o5uatc00"', `W/${etag}`, '""', '"x", "y"']) {
      expectRefusal(await patch(wrong), 412, 'precondition_failed', failed)
    }
    for (const malformed of [
      '1',
      'x',
      etag.slice(1),
      `${etag} ${etag}`,
      `"a"${etag}`,
      '*, "x"',
      'w/"x"',
      '"'.repeat(2000),
    ]) {
      expectRefusal(await patch(malformed), 400, 'invalid_request', 'The If-Match header is malformed')
    }
    expect((await patch(`"x,y" ,${etag}`)).status).toBe(200)
    expectRefusal(await patch(etag), 412, 'precondition_failed', failed)
    expect((await patch(' * ')).status).toBe(200)
  })

  test('of many at once with one ETag, one wins', async () => {
    const made = await make('contended')
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        call('PATCH', pathOf('contended'), { body: { name: `n${index}` }, ifMatch: made.etag ?? '' }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(412)])
    const winner = answers.find(({ status }) => status === 200)
    expect((await call('GET', pathOf('contended'))).body).toEqual(winner?.body)
  })

  test('of many at once with *, none is lost', async () => {
    await make('counted', { scopes: ['api:read', 'api:write'] })
    const patches = [{ name: 'n' }, { active: false }, { introspect: true }, { access_token_ttl: 5 }]
    const answers = await Promise.all(
      patches.map((body) => call('PATCH', pathOf('counted'), { body, ifMatch: '*' })),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await call('GET', pathOf('counted'))).body).toMatchObject(Object.assign({}, ...patches))
  })

  test('refuses what a new one could not have, and changes nothing then', async () => {
    const made = await make('steady', { scopes: ['api:read'] })
    for (const body of [{ client_id: 'other' }, { scopes: ['x'] }, { created_at: 1 }, { secrets: [] }]) {
      expect((await call('PATCH', pathOf('steady'), { body, ifMatch: '*' })).status).toBe(400)
    }
    expect((await call('GET', pathOf('steady'))).etag).toBe(made.etag)
  })

  test('an inactive client gets no token, and its tokens are no good any more', async () => {
    const { body, etag } = await make('switched', { scopes: ['api:read'] })
    const { access_token } = await (await tokenResponse('switched', body.client_secret)).json()
    const use = () => callProtected(app, access_token)
    expect((await use()).status).toBe(200)
    await call('PATCH', pathOf('switched'), { body: { active: false }, ifMatch: etag ?? '' })
    expect([(await use()).status, (await tokenResponse('switched', body.client_secret)).status]).toEqual([
      401, 401,
    ])
    await call('PATCH', pathOf('switched'), { body: { active: true }, ifMatch: '*' })
    expect((await use()).status).toBe(200)
  })
})

describe('deleting one', () => {
  test('goes by If-Match where it is sent', async () => {
    const { etag } = await make('fragile')
    const wrong = await call('DELETE', pathOf('fragile'), { ifMatch: '"9"' })
    expect(wrong.status).toBe(412)
    expect((await call('DELETE', pathOf('fragile'), { ifMatch: etag ?? '' })).status).toBe(204)
    expect((await call('DELETE', pathOf('fragile'))).status).toBe(404)
  })

  test('ends its tokens and API keys, though one is made again under the same id', async () => {
    const settings = { scopes: ['api:read', 'api-keys:manage'] }
    const { body } = await make('reborn', settings)
    const { access_token } = await (
      await tokenResponse('reborn', body.client_secret, { scope: 'api:read api-keys:manage' })
    ).json()
    const key = await (
      await app.send('/api/v1/tenant/acme/api-keys/create', {
        method: 'POST',
        headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: 'k', scopes: ['api:read'] }),
      })
    ).json()
    const use = async (token: string) => (await callProtected(app, token)).status
    expect([await use(access_token), await use(key.api_key)]).toEqual([200, 200])
    expect((await call('DELETE', pathOf('reborn'))).status).toBe(204)
    expect([await use(access_token), await use(key.api_key)]).toEqual([401, 401])
    app.advance(1)
    const again = await make('reborn', settings)
    expect([await use(access_token), await use(key.api_key)]).toEqual([401, 401])
    expect((await tokenResponse('reborn', body.client_secret)).status).toBe(401)
    const fresh = await (await tokenResponse('reborn', again.body.client_secret)).json()
    expect(await use(fresh.access_token)).toBe(200)
    const rotated = await app.send(`/api/v1/tenant/acme/api-keys/${key.id}/rotate`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${await app.token('acme', { client_id: 'reborn', client_secret: again.body.client_secret, scope: 'api-keys:manage' })}`,
      },
    })
    expect((await rotated.json()).error_description).toBe('The API key has been revoked')
  })
})

describe('the list', () => {
  test('has those of config.yaml and the stored ones, by the bytes of their ids, in pages', async () => {
    const own = await startAdminApp()
    const list = (query: string) => own.call('GET', `${base}${query}`, { as: 'manager' })
    for (const client_id of ['zeta', 'Alpha', 'lima', 'manager2', '~']) {
      await own.call('POST', base, { as: 'manager', body: { client_id } })
    }
    const all = ['Alpha', 'idle', 'lima', 'manager', 'manager2', 'plain', 'rotating', 'zeta', '~']
    const seen: string[] = []
    let query = '?limit=2'
    for (let pages = 1; ; pages++) {
      const { body } = await list(query)
      seen.push(...body.items.map(({ client_id }: { client_id: string }) => client_id))
      if (body.next_cursor === null) {
        expect(pages).toBe(5)
        break
      }
      expect(body.items).toHaveLength(2)
      query = `?limit=2&cursor=${body.next_cursor}`
    }
    expect(seen).toEqual(all)
    const whole = (await list('')).body
    expect([whole.items.length, whole.next_cursor]).toEqual([9, null])
    expect((await list('?limit=9')).body.next_cursor).toBeNull()
    expect((await list('?limit=8')).body.next_cursor).not.toBeNull()
    await own.close()
  })

  test.each(['0', '101', '-1', '1.5', 'x', '', '1e1'])('refuses the limit %j', async (limit) => {
    const answer = await call('GET', `${base}?limit=${limit}`)
    expectRefusal(answer, 400, 'invalid_request', 'limit must be a whole number from 1 to 100')
  })

  test('refuses a cursor of another list, of another tenant, and one that was changed', async () => {
    const { next_cursor: clients } = (await call('GET', `${base}?limit=1`)).body
    const { next_cursor: tenants } = (await app.call('GET', '/tenants?limit=1')).body
    const forged = btoa('["acme","clients",7]').replaceAll('=', '')
    const spaced = btoa('["acme", "clients", "x"]').replaceAll('=', '')
    const wrong = [
      tenants,
      forged,
      spaced,
      `${clients}A`,
      clients.slice(1),
      'x',
      '',
      btoa('null'),
      '%00',
      'é',
    ]
    for (const cursor of wrong) {
      const answer = await call('GET', `${base}?cursor=${cursor}`)
      expectRefusal(answer, 400, 'invalid_request', 'The cursor is none of this list')
    }
    const elsewhere = await app.call('GET', `/tenants/ops/clients?cursor=${clients}`)
    expectRefusal(elsewhere, 400, 'invalid_request', 'The cursor is none of this list')
    const twice = await call('GET', `${base}?limit=1&limit=2`)
    expectRefusal(twice, 400, 'invalid_request', 'A parameter was sent more than once: limit')
  })
})

test('what was done is in the audit trail, with ids alone', async () => {
  const own = await startAdminApp()
  const made = await own.call('POST', base, { body: { client_id: 'seen', name: 'Not this' } })
  await own.call('PATCH', pathOf('seen'), { as: 'manager', body: { name: 'nor this' }, ifMatch: '*' })
  await own.call('DELETE', pathOf('seen'), { as: 'manager' })
  const events = own.events.filter(({ type }) => type.startsWith('client.'))
  expect(events).toMatchObject([
    {
      type: 'client.created',
      tenant: 'acme',
      outcome: 'success',
      actor: 'root',
      client: 'seen',
      detail: { actor_tenant: 'ops' },
      requestId: made.headers.get('x-request-id') ?? '',
    },
    { type: 'client.changed', tenant: 'acme', actor: 'manager', client: 'seen', detail: {} },
    { type: 'client.deleted', tenant: 'acme', actor: 'manager', client: 'seen', detail: {} },
  ])
  expect(JSON.stringify([own.events, own.log])).not.toContain('this')
  await own.close()
})
