import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { newClientKey } from '../support/assertions.ts'
import { programs, type RunningServer, run, startServer, writeConfig } from '../support/spawn-server.ts'
import { discover, discoverBare, insecure } from './judges.ts'

const keys = [
  await newClientKey('RS256', 'rs'),
  await newClientKey('PS384', 'ps'),
  await newClientKey('ES384', 'es'),
  await newClientKey('EdDSA', 'ed'),
]
let server: RunningServer
let folder: string
let issuer: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-interop-'))
  const made = await run(programs.executable, {
    folder,
    args: ['client', 'keygen', '--key-file', 'own.jwk', '--json'],
  })
  const own = JSON.parse(made.out).jwks
  const client = (id: string, jwks: object) =>
    `      ${id}: { token_endpoint_auth_method: private_key_jwt, jwks: ${JSON.stringify(jwks)}, scopes: [read] }\n`
  const clients = client('app', { keys: keys.map(({ jwk }) => jwk) }) + client('own', own)
  await writeConfig(
    folder,
    `tenants:\n  a:\n    name: A\n    oauth2: { scopes: { read: R } }\n    clients:\n${clients}`,
  )
  server = await startServer(programs.executable, { folder })
  issuer = `${server.url}/api/v1/tenant/a`
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

test.each(keys)('openid-client gets a token, introspects and revokes it with $algorithm', async (pair) => {
  const auth = openid.PrivateKeyJwt({ key: pair.privateKey, kid: String(pair.jwk.kid) })
  const config = await discover(issuer, 'app', auth)
  const { access_token } = await openid.clientCredentialsGrant(config, { scope: 'read' })
  expect(await openid.tokenIntrospection(config, access_token)).toMatchObject({
    active: true,
    client_id: 'app',
  })
  await openid.tokenRevocation(config, access_token)
  expect(await openid.tokenIntrospection(config, access_token)).toEqual({ active: false })
})

test('oauth4webapi gets a token, without a kid too', async () => {
  const as = await discoverBare(issuer)
  expect(as.token_endpoint_auth_signing_alg_values_supported).toContain('EdDSA')
  for (const key of keys.flatMap(({ privateKey, jwk }) => [
    privateKey,
    { key: privateKey, kid: String(jwk.kid) },
  ])) {
    const client = { client_id: 'app' }
    const auth = oauth.PrivateKeyJwt(key)
    const answer = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      auth,
      new URLSearchParams(),
      insecure,
    )
    expect(await oauth.processClientCredentialsResponse(as, client, answer)).toMatchObject({
      token_type: 'bearer',
    })
  }
})

test('grantd token gets one with the key of grantd client keygen', async () => {
  const args = ['token', '--tenant', 'a', '--client', 'own', '--key-file', 'own.jwk', '--url', server.url]
  const { code, out, err } = await run(programs.executable, { folder, args })
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const other = args.with(4, 'app')
  const refused = await run(programs.executable, { folder, args: other })
  expect(refused.code).toBe(1)
  expect(refused.err).toContain("The server does not accept client 'app' of tenant 'a' with this key")
})
