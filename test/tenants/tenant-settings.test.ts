import { expect, test } from 'bun:test'
import { parseConfig } from '../../src/config/load.ts'
import { buildStoredTenant, buildTenant, settingsOf, storedTenant } from '../../src/tenants/tenant.ts'
import { patchTenantSettings } from '../../src/tenants/tenant-settings.ts'
import { platform } from '../support/test-app.ts'

const publicUrl = 'http://localhost:3000'
const options = { id: 't', publicUrl }

test('a stored tenant has the defaults of config.yaml, and works as one of it', async () => {
  const text = 'tenants: { t: { name: T, oauth2: {}, oidc: {}, api_keys: {} } }'
  const { config } = await parseConfig({ file: 'c', text, folder: '.' }, platform)
  const configured = config.tenants['t']
  if (!configured) throw new Error('There is no tenant')
  const settings = patchTenantSettings({}, { name: 'T', oauth2: {}, oidc: {}, api_keys: {} }, options)
  const { kid, private_key_file, ...signing } = configured.signing
  expect([kid, private_key_file, settings.signing]).toEqual([null, null, signing])
  const stored = storedTenant(settings, 0)
  expect(buildStoredTenant('t', stored, publicUrl)).toEqual({
    ...buildTenant('t', configured, publicUrl),
    configured: false,
    generation: 0,
  })
  expect(settingsOf(stored)).toEqual(settings)
})

test('a row of an earlier build has `oidc: true` for an OpenID Provider with the defaults, and false or nothing for none', () => {
  const row = { name: 'T', active: true, created_at: 0 }
  const { oidc } = patchTenantSettings({}, { name: 'T', oidc: {} }, options)
  expect(oidc?.session_ttl).toBe(43_200)
  expect(settingsOf({ ...row, oidc: true }).oidc).toEqual(oidc)
  expect([settingsOf({ ...row, oidc: false }).oidc, settingsOf(row).oidc]).toEqual([null, null])
})

test('a row still says `oidc: true` or false for an earlier build, beside the settings', () => {
  const settings = patchTenantSettings({}, { name: 'T', oidc: { session_ttl: 60 } }, options)
  const row = storedTenant(settings, 0)
  expect([row.oidc, row.oidc_settings?.session_ttl]).toEqual([true, 60])
  const without = storedTenant({ ...settings, oidc: null }, 0)
  expect([without.oidc, 'oidc_settings' in without]).toEqual([false, false])
})

test('a scope that API keys have stays allowed though the tenant lost it', () => {
  const made = patchTenantSettings(
    {},
    { name: 'T', oauth2: { scopes: { a: 'A' } }, api_keys: { allowed_scopes: ['a'] } },
    options,
  )
  const changed = patchTenantSettings(made, { oauth2: { scopes: { a: null } } }, options)
  expect([changed.oauth2?.scopes, changed.api_keys?.allowed_scopes]).toEqual([{}, ['a']])
  expect(() => patchTenantSettings(changed, { api_keys: { allowed_scopes: ['a', 'b'] } }, options)).toThrow(
    'The field api_keys.allowed_scopes has a scope that the tenant does not have',
  )
})
