import { expect, test } from 'bun:test'
import { resolve } from 'node:path'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { renderConfigSchema } from '../../src/config/json-schema.ts'
import { renderInitConfig } from '../../src/config/starter-config.ts'

const root = resolve(import.meta.dir, '../..')
const check = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(renderConfigSchema()))

/** The complaints of a JSON Schema validator of somebody else about a YAML text. */
function complaintsOf(yaml: string): string[] {
  check(parse(yaml))
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

test('config.schema.json is what `grantd schema` prints; make it again with: grantd schema > config.schema.json', async () => {
  expect(await Bun.file(`${root}/config.schema.json`).text()).toBe(renderConfigSchema())
})

test('the shipped and the first config.yaml fit the schema and point editors to it', async () => {
  const shipped = await Bun.file(`${root}/config.yaml`).text()
  const first = renderInitConfig({ tenant: 'acme', client: 'billing', hash: `sha256:${'0'.repeat(64)}` })
  for (const yaml of [shipped, first]) {
    expect(complaintsOf(yaml)).toEqual([])
    expect(yaml).toStartWith('# yaml-language-server: $schema=config.schema.json\n')
  }
})

test('the schema asks for no more than the reader: a name is enough for a tenant', () => {
  expect(complaintsOf('tenants: { acme: { name: Acme, oidc: {}, oauth2: {} } }')).toEqual([])
})

test.each([
  ['an unknown key', 'sever: {}', ' must NOT have additional properties'],
  ['a tenant without a name', 'tenants: { acme: {} }', "/tenants/acme must have required property 'name'"],
  [
    'a tenant id that cannot be one',
    'tenants: { "a b": { name: A } }',
    '/tenants must match pattern "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"',
  ],
  ['a port out of range', 'server: { port: 65536 }', '/server/port must be <= 65535'],
  [
    'an unknown algorithm',
    'tenants: { a: { name: A, signing: { algorithm: none } } }',
    '/tenants/a/signing/algorithm must be equal to one of the allowed values',
  ],
  [
    'a duration without a unit that exists',
    'tenants: { a: { name: A, oauth2: { access_token_ttl: 1y } } }',
    '/tenants/a/oauth2/access_token_ttl must match pattern "^[0-9]+[smhd]?$"',
  ],
])('the schema refuses %s', (_, yaml, complaint) => {
  expect(complaintsOf(yaml)).toContain(complaint)
})
