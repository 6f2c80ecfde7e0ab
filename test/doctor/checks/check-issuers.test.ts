import { expect, test } from 'bun:test'
import { CommandError } from '../../../src/cli/command.ts'
import { checkIssuers, type IssuerHost } from '../../../src/doctor/checks/check-issuers.ts'

const publicUrl = 'https://id.example.com'
const base = `${publicUrl}/api/v1/tenant/acme`
const documents = {
  [`${base}/.well-known/oauth-authorization-server`]: {
    issuer: base,
    jwks_uri: `${base}/.well-known/jwks.json`,
  },
  [`${base}/.well-known/jwks.json`]: { keys: [{ kid: 'one' }, { kid: 'two' }] },
}
const keyOf = (kid: string, state: 'active' | 'next') => ({ kid, state })
const reports = [{ plan: { tenantId: 'acme' }, keys: [keyOf('one', 'active'), keyOf('two', 'next')] }]

function ask(changes: Record<string, unknown> = {}, more: Partial<IssuerHost> = {}) {
  const all: Record<string, unknown> = { ...documents, ...changes }
  return checkIssuers({
    publicUrl,
    tenants: [{ id: 'acme', issuer: base, oidc: null }],
    reports: reports as never,
    isServing: true,
    get: async (url) => {
      const body = all[url]
      return body ? { status: 200, body: body as object as never } : { status: 404, body: {} }
    },
    ...more,
  })
}

test('a tenant that tells its issuer and its keys is well', async () => {
  expect(await ask()).toEqual([
    {
      state: 'ok',
      message: '1 tenant at https://id.example.com: each tells the issuer and the keys that it should',
    },
  ])
})

test('another issuer, another place of the keys, a missing document and a missing key are told of', async () => {
  const metadata = `${base}/.well-known/oauth-authorization-server`
  const jwks = `${base}/.well-known/jwks.json`
  const other = await ask({ [metadata]: { issuer: 'https://other.example.com' } })
  expect(other).toEqual([
    {
      state: 'fault',
      message: `tenant acme: ${metadata} names the issuer "https://other.example.com", wanted ${base}: clients refuse it; another server answers there, or it runs with another configuration`,
    },
  ])
  const long = await ask({ [metadata]: { issuer: 'x'.repeat(1_000_000) } })
  expect(long[0]?.message.length).toBeLessThan(600)
  const moved = await ask({ [metadata]: { issuer: base, jwks_uri: 'http://evil.example.com/keys' } })
  expect(moved[0]?.message).toContain(`names the keys at "http://evil.example.com/keys", wanted ${jwks}`)
  expect((await ask({ [metadata]: undefined }))[0]?.message).toContain('answers 404, wanted 200')
  expect((await ask({ [jwks]: { keys: [{ kid: 'two' }] } }))[0]).toEqual({
    state: 'fault',
    message: `tenant acme: ${jwks} lacks the key one, which is active in the storage: its tokens are refused; another server answers there, or one with another data_dir`,
  })
  expect((await ask({ [jwks]: { keys: [{ kid: 'one' }, null, 7] } }))[0]?.state).toBe('warning')
  expect((await ask({ [jwks]: { keys: 'none' } }))[0]?.state).toBe('fault')
})

test('a server that does not answer is a fault if it runs here, and not known if none does', async () => {
  const get = () => Promise.reject(new CommandError('Cannot reach https://id.example.com: why'))
  expect((await ask({}, { get }))[0]).toMatchObject({ state: 'fault' })
  expect((await ask({}, { get, isServing: false }))[0]).toMatchObject({ state: 'unknown' })
})

test('of a thousand tenants fifty are asked for, and ten faults are shown', async () => {
  const tenants = Array.from({ length: 1000 }, (_, index) => ({
    id: `t${index}`,
    issuer: `${publicUrl}/api/v1/tenant/t${index}`,
    oidc: null,
  }))
  const found = await ask({}, { tenants })
  expect(found.length).toBe(12)
  expect(found.slice(10)).toEqual([
    { state: 'fault', message: '40 more of this kind' },
    { state: 'unknown', message: '950 more tenants not asked for' },
  ])
})
