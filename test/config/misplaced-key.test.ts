import { expect, test } from 'bun:test'
import { faultsOf } from '../support/config-text.ts'

test('a key that stands outside its block is told where it belongs', async () => {
  expect(await faultsOf('server:\nport: 3000\ntenants: {}\n')).toContain(
    'config.yaml:2:1: port is not a known key; it is one of server, so indent it below that',
  )
  const tenant = 'tenants:\n  acme:\n    name: Acme\n    access_token_ttl: 5m\n    oauth2: {}\n'
  expect(await faultsOf(tenant)).toEqual([
    'config.yaml:4:5: tenants.acme.access_token_ttl is not a known key; it is one of oauth2, so indent it below that',
  ])
})

test('a block of a tenant that stands beside the tenants is told to go inside', async () => {
  const text = 'tenants:\n  acme: { name: Acme, oauth2: {} }\n  clients:\n    billing: { secret_env: X }\n'
  expect(await faultsOf(text)).toContain(
    'config.yaml:4:5: tenants.clients.billing is not a known key; clients is a setting and not an id here, so indent it and what is below it one step more',
  )
})
