import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ImportError } from '../../src/import/import-plan.ts'
import { foreignServers } from '../../src/import/read-export.ts'
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
