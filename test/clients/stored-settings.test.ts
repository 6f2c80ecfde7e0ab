import { expect, test } from 'bun:test'
import { buildStoredClient } from '../../src/clients/client.ts'
import { changeClientSettings, createClientSettings } from '../../src/clients/client-settings.ts'
import { parseConfig } from '../../src/config/load.ts'
import { platform } from '../support/test-app.ts'

const tenant = { oauth2: { scopes: { read: 'R' } } }

test('a stored client has the defaults of config.yaml', async () => {
  const text = `tenants: { t: { name: T, oauth2: {}, clients: { c: { secret_hash: "sha256:${'0'.repeat(64)}" } } } }`
  const { config } = await parseConfig({ file: 'c', text, folder: '.' }, platform)
  const { secret, secret_env, secret_file, secret_hash, secrets, jwks_file, ...configured } = {
    ...config.tenants['t']?.clients['c'],
  }
  expect([secret, secret_env, secret_file, secrets, jwks_file, secret_hash]).toEqual([
    null,
    null,
    null,
    null,
    null,
    expect.any(String),
  ])
  expect(createClientSettings('c', {}, tenant)).toEqual({ ...configured, name: 'c' } as never)
})

test('a member that is an object deep inside is refused before anything walks through it', () => {
  let deep: unknown = 1
  for (let level = 0; level < 50_000; level++) deep = { a: deep }
  for (const name of ['name', 'scopes', 'access_token_ttl']) {
    expect(() => createClientSettings('c', { [name]: deep }, tenant)).toThrow(
      'The request body has a field that is not known',
    )
  }
})

test('a reserved scope that was made a default before that was refused is granted no more, and does not stand in the way', () => {
  const scopes = ['read', 'grantd:admin']
  const client = {
    ...createClientSettings('c', { scopes }, tenant),
    ...{ default_scopes: scopes, created_at: 0, secrets: [] },
  }
  const changed = changeClientSettings({ id: 'c', client }, { active: false }, tenant)
  expect(changed).toMatchObject({ active: false, default_scopes: scopes })
  expect(buildStoredClient('c', changed).default_scopes).toEqual(['read'])
})
