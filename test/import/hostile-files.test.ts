import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ImportError } from '../../src/import/import-plan.ts'
import { foreignServers } from '../../src/import/read-export.ts'
import { readImported } from '../../src/users/import/imported-person.ts'
import { checkNewPerson } from '../../src/users/stored-people.ts'
import { lost, read, readOne } from './import-kit.ts'

describe.each([...foreignServers])('%s', (from) => {
  test('a file of any JSON is read or refused in words', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          read(from, value)
        } catch (cause) {
          expect(cause).toBeInstanceOf(ImportError)
        }
      }),
      { numRuns: 200 },
    )
  })

  test.each([
    ['nothing', ''],
    ['a text', 'hello'],
    ['a number', '7'],
    ['null', 'null'],
    ['half a file', '{"realm":"a","clients":[{"cli'],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['deep nesting of YAML', `a: ${'{a: '.repeat(20_000)}`],
    ['aliases that stand for gigabytes', `a: &a [x,x]\nb: &b [*a,*a]\nclients: [*b,*b]\nrealm: &r x\n`],
  ])('%s is refused', (_, text) => {
    expect(() => read(from, text)).toThrow(ImportError)
  })
})

const wrongTypes = [null, 1, true, 'x', [], {}, [[]], [{}], { a: 1 }]

test('members of wrong types are left out, and the client stays one', () => {
  for (const wrong of wrongTypes) {
    const client = {
      clientId: 'x',
      serviceAccountsEnabled: true,
      redirectUris: wrong,
      webOrigins: wrong,
      attributes: wrong,
      name: wrong,
      secret: wrong,
      defaultClientScopes: wrong,
    }
    const tenant = readOne('keycloak', {
      realm: 'a',
      clients: [client],
      users: wrong,
      roles: wrong,
      clientScopes: wrong,
      accessTokenLifespan: wrong,
    })
    expect(tenant.clients.map(({ id }) => id)).toEqual(['x'])
  }
})

test('an id that comes twice counts once, and one of a wrong type not at all', () => {
  const clients = [{ client_id: 'x' }, { client_id: 'x', client_secret: 'another' }, { client_id: 7 }, 'x']
  const all = clients.map((client) =>
    typeof client === 'object' ? { ...client, grant_types: ['client_credentials'] } : client,
  )
  const tenant = readOne('hydra', all)
  expect(tenant.clients).toHaveLength(1)
  expect(lost(tenant)).toContain("client 'x': the file has it twice; the first one counts")
  expect(lost(tenant)).toContain('client number 3: it has no client_id')
})

test('no file gives rights over this server, or settings that it does not name', () => {
  const scope = 'grantd:admin api-keys:manage:all orders'
  const more = { introspect: true, claims: { a: 1 }, ['__proto__']: { active: false } }
  const [client] = readOne('hydra', [
    { client_id: 'x', grant_types: ['client_credentials'], scope, ...more },
  ]).clients
  expect(client?.patch['scopes']).toEqual(['orders'])
  expect(Object.keys(client?.patch ?? {}).sort()).toEqual(['active', 'grant_types', 'resources', 'scopes'])
  const wild = ['http://*', 'javascript:alert(1)', 'https://a.example.com/*', 'https://a.example.com/#x', '*']
  const app = { clientId: 'y', redirectUris: wild, standardFlowEnabled: true }
  expect(readOne('keycloak', { realm: 'a', clients: [app] }).clients).toEqual([])
})

describe('a member of another type is told, and never taken for one that is missing', () => {
  const texts = ['redirectUris', 'webOrigins', 'defaultClientScopes', 'optionalClientScopes']

  test('what says little about the rights of a client stays out alone', () => {
    for (const name of texts)
      for (const wrong of ['https://a.example.com/cb', 7, { 0: 'x' }, ['x', 7], [null]]) {
        const client = { clientId: 'x', serviceAccountsEnabled: true, [name]: wrong }
        const tenant = readOne('keycloak', { realm: 'a', clients: [client] })
        expect(lost(tenant)).toContain(`client 'x': ${name}: it is not a list of texts`)
        expect(tenant.clients).toHaveLength(1)
      }
  })

  test.each([
    ['keycloak', 'enabled', 'false', 'true or false'],
    ['keycloak', 'consentRequired', 'true', 'true or false'],
    ['keycloak', 'publicClient', 1, 'true or false'],
    ['keycloak', 'protocol', ['saml'], 'a text'],
    ['hydra', 'grant_types', 'authorization_code', 'a list of texts'],
    ['hydra', 'token_endpoint_auth_method', ['none'], 'a text'],
    ['hydra', 'skip_consent', 'true', 'true or false'],
    ['auth0', 'is_first_party', 'false', 'true or false'],
    ['auth0', 'grant_types', { 0: 'implicit' }, 'a list of texts'],
  ] as const)('%s: with %s %p the client stays out', (from, name, wrong, wanted) => {
    const client = { client_id: 'x', clientId: 'x', grant_types: ['client_credentials'], [name]: wrong }
    const file = {
      keycloak: { realm: 'a', clients: [client] },
      hydra: [client],
      auth0: { clients: [client] },
    }
    const tenant = readOne(from, file[from])
    expect([tenant.clients, lost(tenant)]).toEqual([[], [`client 'x': ${name} is not ${wanted}`]])
  })

  test('a person who is blocked in other words than true is not let in', () => {
    const personOf = (user: object) =>
      readOne('auth0', [{ user_id: 'auth0|1', email: 'a@example.com', ...user }]).people[0]?.value
    expect(personOf({})).toMatchObject({ active: true })
    expect(personOf({ blocked: null })).toMatchObject({ active: true })
    expect(personOf({ blocked: true })).toMatchObject({ active: false })
    for (const blocked of ['true', 1, ['x']]) {
      const refused = () => checkNewPerson(readImported(personOf({ blocked })))
      expect(refused).toThrow('active')
    }
    const keycloak = { id: '1', username: 'a', email: 'a@example.com' }
    for (const enabled of ['false', 0])
      expect(() => checkNewPerson(readImported({ ...keycloak, enabled }))).toThrow('active')
    expect(() => checkNewPerson(readImported({ ...keycloak, emailVerified: 'true' }))).toThrow(
      'email_verified',
    )
    // Without a user name it is one of Keycloak all the same.
    expect(readImported({ id: '1', email: 'a@example.com' }).sub).toBe('1')
  })
})

test('a lifetime that cannot be is told, and the default counts', () => {
  const client = {
    clientId: 'x',
    serviceAccountsEnabled: true,
    attributes: { 'access.token.lifespan': '99999999' },
  }
  for (const wrong of [0, -1, 1.5, 31_536_001, 'x', true, {}]) {
    const realm = { realm: 'a', accessTokenLifespan: wrong, ssoSessionMaxLifespan: wrong, clients: [client] }
    const tenant = readOne('keycloak', realm)
    const why = 'it is no lifetime here, wanted whole seconds up to a year; the default counts'
    for (const what of ['accessTokenLifespan', 'ssoSessionMaxLifespan', "client 'x': access token lifetime"])
      expect(lost(tenant)).toContain(`${what}: ${why}`)
    expect(tenant.patch['oidc']).toEqual({})
    expect(tenant.clients[0]?.patch).not.toHaveProperty('access_token_ttl')
  }
  expect(readOne('keycloak', { realm: 'a', accessTokenLifespan: '300' }).patch['oauth2']).toMatchObject({
    access_token_ttl: 300,
  })
})

test('a realm that comes twice is refused, and a password of an unknown kind is told', () => {
  expect(() => read('keycloak', [{ realm: 'a' }, { realm: 'a' }])).toThrow("it has the realm 'a' twice")
  const credentials = [{ type: 'password', secretData: '{}', credentialData: '{"algorithm":"md5"}' }]
  const users = [
    { username: 'a', credentials },
    { username: 'b', credentials: [{ type: 'otp' }] },
  ]
  expect(lost(readOne('keycloak', { realm: 'a', users }))).toEqual([
    'person number 1: password: its hash is of a kind that is not known here; grantd user reset makes a link',
  ])
})

test('whoever names a client of Auth0 does not get the rights of another one', () => {
  const client = (client_id: string, name: string) => ({
    client_id,
    name,
    grant_types: ['client_credentials'],
  })
  const clientGrants = ['A', 'Shop', 'Same'].map((client_id) => ({
    client_id,
    audience: 'https://api',
    scope: [`of:${client_id}`],
  }))
  const clients = [
    client('A', 'x'),
    client('B', 'A'),
    client('C', 'Shop'),
    client('D', 'Same'),
    client('E', 'Same'),
  ]
  const tenant = readOne('auth0', { clients, clientGrants })
  expect(tenant.clients.map(({ id, patch }) => [id, patch['scopes']])).toEqual([
    ['A', ['of:A']],
    ['B', []],
    ['C', ['of:Shop']],
    ['D', []],
    ['E', []],
  ])
})

test('a secret that is easy to guess comes over, and is told', () => {
  const secretOf = (client_secret: string) =>
    readOne('hydra', [{ client_id: 'x', grant_types: ['client_credentials'], client_secret }]).clients[0]
      ?.secret
  for (const weak of ['a', ' ', 'secret', 'password123'])
    expect(secretOf(weak)).toMatchObject({ isWeak: true })
  expect(secretOf('aK7sPq0Zx9wYb3nLm5tRv8cDe2fGh6jU')).not.toHaveProperty('isWeak')
})
