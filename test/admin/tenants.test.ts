import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { systemTenant } from '../../src/storage/storage.ts'
import { issuers } from '../../src/tenants/tenant-row.ts'
import { rowsOf } from '../support/failing-storage.ts'
import { callProtected } from '../support/test-app.ts'
import { type AdminApp, expectRefusal, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
})
afterAll(() => app.close())

const make = (id: string, rest: object = {}) =>
  app.call('POST', '/tenants', { body: { id, name: 'Made', ...rest } })
const patch = (id: string, body: unknown, ifMatch = '*') =>
  app.call('PATCH', `/tenants/${id}`, { body, ifMatch })

/** A tenant with a client, and what gets its tokens. */
async function makeWithClient(id: string, settings: object = { oauth2: { scopes: { read: 'R' } } }) {
  await make(id, settings)
  const { body } = await app.call('POST', `/tenants/${id}/clients`, {
    body: { client_id: 'svc', scopes: ['read'] },
  })
  return () => app.token(id, { client_id: 'svc', client_secret: body.client_secret })
}

const use = async (token: string) => (await callProtected(app, token)).status

const defaults = {
  source: 'storage',
  name: 'Made',
  active: true,
  oauth2: null,
  oidc: null,
  api_keys: null,
  signing: {
    algorithm: 'RS256',
    modulus_length: 2048,
    rotate_every: null,
    publish_ahead: null,
    jwks_max_age: 300,
  },
  created_at: '2030-01-01T00:00:00.000Z',
}

const openid = {
  id_token_ttl: 60,
  session_ttl: 600,
  session_idle: 300,
  claims: { read: ['department', 'cost_center'], profile: ['department'] },
  claims_in_id_token: false,
  sign_in: {
    title: 'Whole',
    accent: '#0b57d0',
    terms_url: 'https://whole.example/terms',
    privacy_url: 'https://whole.example/privacy',
    help_url: 'https://whole.example/help',
    default_locale: 'de',
  },
  password: { min_length: 20 },
  access_token_claims: ['acr', 'department'],
  backchannel_logout_private_addresses: true,
}

describe('making one', () => {
  test('answers the defaults of config.yaml and an ETag, and it is there', async () => {
    const { status, body, etag } = await make('plain-one')
    expect([status, etag]).toEqual([201, '"1-o5uatc00"'])
    const issuer = 'http://localhost:3000/api/v1/tenant/plain-one'
    expect(body).toEqual({ id: 'plain-one', issuer, ...defaults })
    const again = await app.call('GET', '/tenants/plain-one')
    expect([again.body, again.etag]).toEqual([body, etag])
    const strategies = await app.send('/api/v1/tenant/plain-one/strategies')
    expect(await strategies.json()).toEqual({ tenant_id: 'plain-one', tenant_name: 'Made', strategies: [] })
  })

  test('takes every setting, and its clients get tokens by them', async () => {
    const settings = {
      issuer: 'https://issuer.example/whole',
      oauth2: {
        audience: ['an-api'],
        access_token_ttl: 60,
        access_token_typ: 'at+jwt',
        scopes: { read: 'R', constructor: 'C' },
      },
      oidc: openid,
      api_keys: {
        allowed_scopes: ['read'],
        max_ttl: 172_800,
        rotation_overlap: 0,
        default_ttl: 86_400,
        max_per_client: 7,
      },
      signing: {
        algorithm: 'ES256',
        modulus_length: 2048,
        rotate_every: 86_400,
        publish_ahead: 600,
        jwks_max_age: 60,
      },
    }
    const { status, body } = await make('whole', settings)
    expect([status, body]).toMatchObject([201, settings])
    const client = await app.call('POST', '/tenants/whole/clients', {
      body: { client_id: 'svc', scopes: ['read', 'constructor'] },
    })
    const token = await app.token('whole', { client_id: 'svc', client_secret: client.body.client_secret })
    const [header, claims] = token
      .split('.')
      .map((part) => atob(part.replaceAll('-', '+').replaceAll('_', '/')))
    expect(JSON.parse(header ?? '')).toMatchObject({ alg: 'ES256', typ: 'at+jwt' })
    expect(JSON.parse(claims ?? '')).toMatchObject({
      iss: 'https://issuer.example/whole',
      aud: ['an-api'],
      scope: 'read constructor',
    })
    expect(await use(token)).toBe(200)
  })

  test.each<[string, object, string]>([
    ['no id', { id: undefined }, 'Missing required field: id'],
    [
      'an id with a slash',
      { id: 'a/b' },
      'The field id must be 1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first',
    ],
    [
      'an id that is a folder',
      { id: '..' },
      'The field id must be 1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first',
    ],
    [
      'an id that is a prototype',
      { id: '__proto__' },
      'The field id must be 1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first',
    ],
    [
      'an id with a NUL',
      { id: 'a\0' },
      'The field id must be 1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first',
    ],
    ['no name', { name: undefined }, 'The field name must be a text of 1 to 200 characters'],
    ['clients', { clients: {} }, 'The request body has a field that is not known'],
    [
      'a key file',
      { signing: { private_key_file: '/etc/passwd' } },
      'The field signing has a member that is not known',
    ],
    ['a kid', { signing: { kid: 'x' } }, 'The field signing has a member that is not known'],
    [
      'another algorithm',
      { signing: { algorithm: 'none' } },
      'The field signing.algorithm must be one of RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA',
    ],
    [
      'a small key',
      { signing: { modulus_length: 1024 } },
      'The field signing.modulus_length must be one of 2048 3072 4096',
    ],
    [
      'a key that signs before it is published',
      { signing: { publish_ahead: 60 } },
      'The field signing.publish_ahead must be at least jwks_max_age',
    ],
    [
      'keys that follow too fast',
      { signing: { rotate_every: 600 } },
      'The field signing.rotate_every must be more than publish_ahead',
    ],
    [
      'an issuer that is no URL',
      { issuer: 'x' },
      'The field issuer must be an absolute http(s) URL without user, query and fragment, with one slash at its end at most',
    ],
    [
      'a scope of two words',
      { oauth2: { scopes: { 'a b': 'x' } } },
      'The field oauth2.scopes must be an object of the right form',
    ],
    [
      'a prototype as a scope',
      { oauth2: { scopes: JSON.parse('{"__proto__": "x"}') } },
      'The request body has a field that is not known',
    ],
    ...['grantd:admin', 'api-keys:manage', 'api-keys:manage:all'].map((scope): [string, object, string] => [
      `the scope ${scope} as one of the tenant`,
      { oauth2: { scopes: { read: 'R', [scope]: 'Mine' } } },
      `The field oauth2.scopes has ${scope}, a scope of grantd itself; give it to clients without declaring it`,
    ]),
    ['API keys without oauth2', { api_keys: {} }, 'The field api_keys wants oauth2 beside it'],
    [
      'a scope of API keys of nobody',
      { oauth2: {}, api_keys: { allowed_scopes: ['x'] } },
      'The field api_keys.allowed_scopes has a scope that the tenant does not have',
    ],
    [
      'API keys for admins',
      { oauth2: {}, api_keys: { allowed_scopes: ['grantd:admin'] } },
      'The field api_keys.allowed_scopes has a scope that the tenant does not have',
    ],
    [
      'API keys that live for longer than they can',
      { oauth2: {}, api_keys: { default_ttl: 172_800, max_ttl: 86_400 } },
      'The field api_keys.default_ttl must be at most max_ttl',
    ],
    [
      'clients that can have no API key',
      { oauth2: {}, api_keys: { max_per_client: 0 } },
      'The field api_keys.max_per_client must be a whole number from 1 to 1000000',
    ],
    ['oidc as earlier builds had it', { oidc: true }, 'The field oidc must be an object of the right form'],
  ])('refuses %s', async (_, body, sentence) => {
    expectRefusal(await make('refused', body), 400, 'invalid_request', sentence)
    expect((await app.call('GET', '/tenants/refused')).status).toBe(404)
  })

  test('refuses an id that is taken, and of many at once makes one', async () => {
    const readOnly = 'The tenant is defined in config.yaml and read-only here'
    expectRefusal(await make('acme'), 409, 'conflict', readOnly)
    const answers = await Promise.all(Array.from({ length: 8 }, () => make('raced')))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(7).fill(409)])
    expectRefusal(await make('raced'), 409, 'conflict', 'A tenant of this id exists already')
  })

  test('refuses an issuer that another one has, by default too, and of many at once gives it to one', async () => {
    const taken = 'Another tenant has this issuer'
    const of = (id: string) => `http://localhost:3000/api/v1/tenant/${id}`
    const others = [
      of('acme'),
      of('plain-one'),
      of('of-the-future'),
      of('x/y'),
      'https://login.example/auth/api/v1/tenant/acme',
    ]
    for (const issuer of [...others, ...others.map((each) => `${each}/`), of('')]) {
      expectRefusal(await make('thief', { issuer }), 409, 'conflict', taken)
    }
    expect((await make('self', { issuer: of('self') })).status).toBe(201)
    const selfElsewhere = 'https://login.example/api/v1/tenant/self-elsewhere'
    expect((await make('self-elsewhere', { issuer: selfElsewhere })).status).toBe(201)
    expect((await make('self-with-slash', { issuer: of('self-with-slash/') })).status).toBe(201)
    const issuer = 'https://issuer.example/raced'
    const answers = await Promise.all(Array.from({ length: 5 }, (_, index) => make(`i${index}`, { issuer })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409])
    const listed = (await app.call('GET', '/tenants?limit=100')).body.items
    expect(listed.filter((each: { issuer: string }) => each.issuer === issuer)).toHaveLength(1)
  })

  test('refuses an issuer that another one has in another spelling', async () => {
    const taken = 'Another tenant has this issuer'
    expect((await make('speller', { issuer: 'https://Issuer.example:443/Spelt//one' })).status).toBe(201)
    const issuers = [
      'https://issuer.example/Spelt/one',
      'https://issuer.example/Spelt/one/',
      'https://ISSUER.example/Spelt///one',
      'https://issuer.example/Spelt/./one',
      'http://LOCALHOST:3000/api/v1/tenant/acme',
      'http://localhost:3000/api/v1//tenant/acme',
      'http://localhost:3000//api/v1/tenant/of-the-future',
    ]
    for (const issuer of issuers) {
      expectRefusal(await make('thief', { issuer }), 409, 'conflict', taken)
      expectRefusal(await patch('plain-one', { issuer }), 409, 'conflict', taken)
    }
    expect((await make('thief', { issuer: 'https://issuer.example/spelt/one' })).status).toBe(201)
    expect((await patch('speller', { issuer: 'https://issuer.example/Spelt/one' })).status).toBe(200)
    expect((await patch('speller', { issuer: 'https://issuer.example/elsewhere' })).status).toBe(200)
    expect((await make('heir', { issuer: 'https://issuer.example/Spelt/one' })).status).toBe(201)
  })

  test.each(['http://localhost:3000', 'https://login.example'])(
    'refuses the default issuer where a tenant of config.yaml has it as its own, at %s',
    async (host) => {
      const yaml = `
admin: { tenant: ops }
tenants:
  ops:
    name: O
    issuer: ${host}/api/v1/tenant/squatted
    oauth2: {}
    clients: { root: { secret: root-secret-value, scopes: [grantd:admin] } }
`
      const own = await startAdminApp({}, yaml)
      const answer = await own.call('POST', '/tenants', { body: { id: 'squatted', name: 'S' } })
      expectRefusal(answer, 409, 'conflict', 'Another tenant has this issuer')
      expect((await own.call('GET', '/tenants/squatted')).status).toBe(404)
      await own.close()
    },
  )
})

describe('changing one', () => {
  test('wants If-Match; a member that is left out stays, null brings back the default', async () => {
    const made = await make('changed', { oauth2: { access_token_ttl: 60, scopes: { a: 'A' } } })
    const without = await app.call('PATCH', '/tenants/changed', { body: { name: 'x' } })
    expectRefusal(
      without,
      428,
      'precondition_required',
      'If-Match is required: send the ETag of what is changed',
    )
    const first = await patch('changed', { oauth2: { scopes: { b: 'B' } } }, made.etag ?? '')
    expect(first.body.oauth2).toMatchObject({ access_token_ttl: 60, scopes: { a: 'A', b: 'B' } })
    expect((await patch('changed', {}, made.etag ?? '')).status).toBe(412)
    const second = await patch('changed', { oauth2: { scopes: { a: null }, access_token_ttl: null } })
    expect(second.body.oauth2).toMatchObject({ access_token_ttl: 3600, scopes: { b: 'B' } })
    expect((await patch('changed', { oauth2: null })).body.oauth2).toBeNull()
    expectRefusal(
      await patch('changed', { id: 'other' }),
      400,
      'invalid_request',
      'The request body has a field that is not known',
    )
  })

  test('of many at once with one ETag, one wins', async () => {
    const { etag } = await make('contended')
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => patch('contended', { name: `n${index}` }, etag ?? '')),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(7).fill(412)])
  })

  test('an issuer is let go when another takes its place', async () => {
    await make('moving', { issuer: 'https://issuer.example/1' })
    expectRefusal(
      await make('waiting', { issuer: 'https://issuer.example/1' }),
      409,
      'conflict',
      'Another tenant has this issuer',
    )
    expect((await patch('moving', { issuer: 'https://issuer.example/2' })).status).toBe(200)
    expect((await make('waiting', { issuer: 'https://issuer.example/1' })).status).toBe(201)
    const refused = await patch('moving', { issuer: 'https://issuer.example/1' })
    expectRefusal(refused, 409, 'conflict', 'Another tenant has this issuer')
    expect((await app.call('GET', '/tenants/moving')).body.issuer).toBe('https://issuer.example/2')
    const rows = await rowsOf(app.deps.storage, systemTenant, issuers)
    const owners = rows.filter(({ id }) => /\/[12]$/.test(id)).map(({ id, value }) => [id, value['tenant']])
    expect(owners).toEqual([
      ['https://issuer.example/1', 'waiting'],
      ['https://issuer.example/2', 'moving'],
    ])
  })

  test('an inactive tenant gives no token and takes none, and is back when it is active', async () => {
    const getToken = await makeWithClient('sleeper')
    const token = await getToken()
    await patch('sleeper', { active: false })
    expect(await use(token)).toBe(401)
    expect((await app.send('/api/v1/tenant/sleeper/strategies')).status).toBe(404)
    await patch('sleeper', { active: true })
    expect(await use(token)).toBe(200)
  })

  test('one of config.yaml is read-only', async () => {
    const readOnly = 'The tenant is defined in config.yaml and read-only here'
    expectRefusal(await patch('acme', { name: 'x' }), 409, 'conflict', readOnly)
    expectRefusal(await app.call('PATCH', '/tenants/acme', { body: {} }), 409, 'conflict', readOnly)
    expectRefusal(await app.call('DELETE', '/tenants/acme'), 409, 'conflict', readOnly)
    const { body, etag } = await app.call('GET', '/tenants/acme')
    expect([body.source, body.signing, etag]).toEqual(['config', null, null])
  })
})

describe('deleting one', () => {
  test('goes when it is inactive, with all that is its own but that its tokens are revoked', async () => {
    const getToken = await makeWithClient('doomed', {
      issuer: 'https://issuer.example/doomed',
      oauth2: { scopes: { read: 'R' } },
    })
    const token = await getToken()
    const sentence = 'The tenant is active; make it inactive before it is deleted'
    expectRefusal(await app.call('DELETE', '/tenants/doomed'), 409, 'conflict', sentence)
    const { etag } = await patch('doomed', { active: false })
    expect((await app.call('DELETE', '/tenants/doomed', { ifMatch: '"9"' })).status).toBe(412)
    expect((await app.call('DELETE', '/tenants/doomed', { ifMatch: etag ?? '' })).status).toBe(204)
    for (const path of ['/tenants/doomed', '/tenants/doomed/clients']) {
      expectRefusal(await app.call('GET', path), 404, 'tenant_not_found', 'Tenant not found')
    }
    app.advance(1)
    const again = await make('doomed', {
      issuer: 'https://issuer.example/doomed',
      oauth2: { scopes: { read: 'R' } },
    })
    expect(again.status).toBe(201)
    expect((await app.call('GET', '/tenants/doomed/clients')).body.items).toEqual([])
    const client = await app.call('POST', '/tenants/doomed/clients', {
      body: { client_id: 'svc', scopes: ['read'] },
    })
    const fresh = await app.token('doomed', { client_id: 'svc', client_secret: client.body.client_secret })
    expect([await use(token), await use(fresh)]).toEqual([401, 200])
  })

  test('its signing keys are destroyed', async () => {
    const getToken = await makeWithClient('keyed')
    await getToken()
    const kidsOf = async () =>
      (await app.call('GET', '/tenants/keyed/keys')).body.items.map(({ kid }: { kid: string }) => kid)
    const [kid] = await kidsOf()
    await patch('keyed', { active: false })
    expect((await app.call('DELETE', '/tenants/keyed')).status).toBe(204)
    app.advance(1)
    const getAgain = await makeWithClient('keyed')
    await getAgain()
    const after = await kidsOf()
    expect([kid, after.length, after.includes(kid)]).toEqual([expect.any(String), 1, false])
  })

  test('of many at once, one deletes it', async () => {
    await make('gone')
    await patch('gone', { active: false })
    const answers = await Promise.all(Array.from({ length: 5 }, () => app.call('DELETE', '/tenants/gone')))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 404, 404, 404, 404])
  })

  test('a client that is made at the same time goes along, or is refused', async () => {
    for (let round = 0; round < 5; round++) {
      await make('torn')
      await patch('torn', { active: false })
      const [made, deleted] = await Promise.all([
        app.call('POST', '/tenants/torn/clients', { body: { client_id: 'late' } }),
        app.call('DELETE', '/tenants/torn'),
      ])
      expect([[201, 404].includes(made.status), deleted.status]).toEqual([true, 204])
      await make('torn')
      expect((await app.call('GET', '/tenants/torn/clients')).body.items).toEqual([])
      await patch('torn', { active: false })
      await app.call('DELETE', '/tenants/torn')
    }
  })
})

test('the list comes in pages, stored and configured ones by their ids', async () => {
  const own = await startAdminApp()
  for (const id of ['beta', 'zulu', 'Alpha']) await own.call('POST', '/tenants', { body: { id, name: id } })
  const ids: string[] = []
  let query = '?limit=4'
  for (;;) {
    const { items, next_cursor } = (await own.call('GET', `/tenants${query}`)).body
    ids.push(...items.map(({ id }: { id: string }) => id))
    if (next_cursor === null) break
    query = `?limit=4&cursor=${next_cursor}`
  }
  expect(ids).toEqual(['Alpha', 'acme', 'beta', 'ops', 'other', 'zulu'])
  await own.close()
})

test('what was done is in the trail of the tenant', async () => {
  const own = await startAdminApp()
  await own.call('POST', '/tenants', { body: { id: 'traced', name: 'T' } })
  await own.call('PATCH', '/tenants/traced', { body: { active: false }, ifMatch: '*' })
  await own.call('DELETE', '/tenants/traced')
  const shared = { tenant: 'traced', outcome: 'success', actor: 'root', detail: { actor_tenant: 'ops' } }
  expect(own.events.filter(({ tenant }) => tenant === 'traced')).toMatchObject([
    { type: 'tenant.created', ...shared },
    { type: 'tenant.changed', ...shared },
    { type: 'tenant.deleted', ...shared },
  ])
  await own.close()
})
