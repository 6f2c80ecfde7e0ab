import { expect, test } from 'bun:test'
import { type TObject, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ClientSummary, CreateClientRequest, PatchClientRequest } from '../../src/admin/clients-messages.ts'
import { CreateTenantRequest, TenantResponse } from '../../src/admin/tenants-messages.ts'
import { buildStoredClient } from '../../src/clients/client.ts'
import { clients } from '../../src/clients/client-row.ts'
import { viewClient } from '../../src/clients/client-view.ts'
import { ClientConfig, ClientSettings } from '../../src/config/client-schema.ts'
import { fillSettings } from '../../src/config/fill-settings.ts'
import { plainSchema } from '../../src/config/plain-schema.ts'
import { rowSchema } from '../../src/config/row-schema.ts'
import { Choice, Claims, Duration, MapOf, OrNull } from '../../src/config/schema-kinds.ts'
import { patchSettings } from '../../src/config/settings.ts'
import { TenantSettings } from '../../src/config/tenant-schema.ts'
import { viewMembers } from '../../src/config/view-schema.ts'
import { QuickSource } from '../../src/config/yaml/quick-source.ts'
import { buildStoredTenant } from '../../src/tenants/tenant.ts'
import { tenants } from '../../src/tenants/tenant-row.ts'
import { viewTenant } from '../../src/tenants/tenant-view.ts'

const description = 'D'

/** Settings of every kind, as if they were new. */
const Invented = Type.Object({
  flag: Type.Boolean({ default: true, description }),
  count: Type.Integer({ minimum: 0, maximum: 9, default: 3, description }),
  size: Type.Integer({ enum: [1, 2], default: 2, description }),
  life: Duration({ minimum: 1, maximum: 90, default: 60, description }),
  way: Choice(['a', 'b'], { default: 'b', description }),
  list: Type.Array(Choice(['x', 'y'], { description }), { default: ['x'], description }),
  text: OrNull(Type.String({ minLength: 1, description })),
  map: MapOf('scope', Type.String(), { default: {}, description }),
  claims: Claims(description),
  block: OrNull(Type.Object({ inner: Type.Boolean({ default: false, description }) }, { description })),
})

const defaults = {
  ...{ flag: true, count: 3, size: 2, life: 60, way: 'b', list: ['x'], text: null, map: {}, claims: {} },
  block: null,
}
const given = {
  ...{ flag: false, count: 4, size: 1, life: 90, way: 'a', list: ['y', 'x'], text: 't', map: { s: 'S' } },
  ...{ claims: { c: 'text' }, block: { inner: true } },
}

test('a new setting is read, asked for, kept, filled in and shown by its description alone', () => {
  const read = (text: string) => new QuickSource({ file: 'c', text }).read(Invented)
  expect(read('{ flag: true }')).toEqual(defaults)
  const text =
    '{ flag: false, count: 4, size: 1, life: 90s, way: a, list: [y, x], text: t, map: { s: S }, claims: { c: text }, block: { inner: true } }'
  expect(read(text)).toEqual(given)

  const input = plainSchema(Invented)
  expect(patchSettings(input, {}, {})).toEqual(defaults as never)
  expect(patchSettings(input, {}, given)).toEqual(given as never)
  expect(patchSettings(input, given, { block: null, text: null, list: null })).toEqual({
    ...given,
    ...{ block: null, text: null, list: ['x'] },
  } as never)
  for (const wrong of [
    { flag: 1 },
    { count: 10 },
    { life: '90s' },
    { way: 'c' },
    { list: ['z'] },
    { map: [] },
    { claims: [] },
    { block: [] },
    { block: { other: 1 } },
  ])
    expect(() => patchSettings(input, {}, wrong)).toThrow(/^The field \w+ /)

  const row = rowSchema(Invented, { created_at: Type.Integer() })
  for (const value of [
    { created_at: 1 },
    { ...given, created_at: 1 },
    { ...defaults, created_at: 1, life: 1e9 },
  ])
    expect(Value.Check(row, value)).toBe(true)
  for (const wrong of [
    {},
    { created_at: 1, flag: 'x' },
    { created_at: 1, way: 'c' },
    { created_at: 1, life: -1 },
    { created_at: 1, block: 1 },
  ])
    expect(Value.Check(row, wrong)).toBe(false)

  expect(fillSettings(Invented, {})).toEqual(defaults as never)
  expect(fillSettings(Invented, { flag: false, block: {} })).toEqual({
    ...defaults,
    flag: false,
    block: { inner: false },
  } as never)

  const view = Type.Object(viewMembers(Invented), { additionalProperties: false })
  for (const value of [defaults, given]) expect(Value.Check(view, value)).toBe(true)
  expect(Value.Check(view, {})).toBe(false)
})

const names = (schema: unknown) => Object.keys((schema as TObject).properties)

test('every setting of a client and of a tenant is in all that the description gives', () => {
  const ofClient = names(ClientSettings)
  expect(ofClient).toContain('claims')
  for (const schema of [ClientConfig, ClientSummary, CreateClientRequest, PatchClientRequest, clients.schema])
    expect(names(schema)).toEqual(expect.arrayContaining(ofClient))
  const ofTenant = names(TenantSettings)
  for (const schema of [TenantResponse, CreateTenantRequest, tenants.schema])
    expect(names(schema)).toEqual(expect.arrayContaining(ofTenant))
})

test('a secret, or where one is, is no setting that the admin API knows', () => {
  const only = names(ClientConfig).filter((name) => !names(ClientSettings).includes(name))
  expect(only).toEqual(
    expect.arrayContaining(['secret', 'secret_env', 'secret_file', 'secret_hash', 'secrets']),
  )
  for (const schema of [ClientSummary, CreateClientRequest])
    for (const name of only) expect(names(schema)).not.toContain(name)
})

test('rows of a build that knew fewer settings are read, work and are shown with the defaults of today', () => {
  const stored = { name: 'Old', active: true, created_at: 0, secrets: [] }
  expect(Value.Check(clients.schema, stored)).toBe(true)
  const client = buildStoredClient('old', stored)
  expect(client).toMatchObject({
    introspect: false,
    grant_types: ['client_credentials'],
    scopes: [],
    claims: {},
  })
  const row = { id: 'old', value: stored, version: 1, expiresAt: null, usedAt: null, parent: null }
  expect(Object.keys(viewClient({ client, row }))).toEqual(names(ClientSummary))

  const old = { name: 'Old', active: true, created_at: 0, oauth2: { access_token_ttl: 5 } }
  expect(Value.Check(tenants.schema, old)).toBe(true)
  const tenant = buildStoredTenant('old', old, 'https://id.example')
  expect(tenant.oauth2).toMatchObject({
    access_token_ttl: 5,
    reuse_window: 0,
    claims: {},
    audience: [tenant.issuer],
  })
  expect(Object.keys(viewTenant({ tenant, row: { ...row, value: old } }))).toEqual(names(TenantResponse))
})

test('a row without the name, without active or with a secret of another form is damaged, as before', () => {
  const good = { name: 'N', active: true, created_at: 0, secrets: [] }
  for (const name of Object.keys(good)) {
    const { [name as keyof typeof good]: _, ...rest } = good
    expect(Value.Check(clients.schema, rest)).toBe(false)
  }
  expect(Value.Check(clients.schema, { ...good, secrets: ['x'] })).toBe(false)
  expect(Value.Check(tenants.schema, { name: 'N', created_at: 0 })).toBe(false)
})

test('what a row has besides its settings is never shown as one', () => {
  const secrets = [
    { id: 's', hash: `sha256:${'0'.repeat(64)}`, created_at: 0, not_before: null, expires_at: null },
  ]
  const stored = { name: 'N', active: true, created_at: 0, secrets, later: 'x' }
  const row = { id: 'c', value: stored, version: 1, expiresAt: null, usedAt: null, parent: null }
  const shown = JSON.stringify(viewClient({ client: buildStoredClient('c', stored), row }))
  expect(shown).not.toMatch(/sha256|later|secrets/)
})
