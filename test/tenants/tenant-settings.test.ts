import { expect, test } from 'bun:test'
import { parseConfig } from '../../src/config/load.ts'
import { buildStoredTenant, buildTenant } from '../../src/tenants/tenant.ts'
import { patchTenantSettings, settingsOf } from '../../src/tenants/tenant-settings.ts'
import { platform } from '../support/test-app.ts'

const publicUrl = 'http://localhost:3000'
const options = { id: 't', publicUrl }

test('a stored tenant has the defaults of config.yaml, and works as one of it', async () => {
  const text = 'tenants: { t: { name: T, oauth2: {}, oidc: {}, api_keys: {} } }'
  const { config } = await parseConfig({ file: 'c', text, folder: '.' }, platform)
  const configured = config.tenants['t']
  if (!configured) throw new Error('There is no tenant')
  const settings = patchTenantSettings({}, { name: 'T', oauth2: {}, oidc: true, api_keys: {} }, options)
  const { kid, private_key_file, ...signing } = configured.signing
  expect([kid, private_key_file, settings.signing]).toEqual([null, null, signing])
  const { oauth2, api_keys, ...rest } = settings
  const stored = { ...rest, ...(oauth2 && { oauth2 }), ...(api_keys && { api_keys }), created_at: 0 }
  expect(buildStoredTenant('t', stored, publicUrl)).toEqual({
    ...buildTenant('t', configured, publicUrl),
    configured: false,
    generation: 0,
  })
  expect(settingsOf(stored)).toEqual(settings)
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
