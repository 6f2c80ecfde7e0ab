import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as jose from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { programs, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'

const secret = 'a secret with spaces: %41+ü'
let server: RunningServer
let folder: string
let issuer: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-interop-'))
  const tenant = (audience: string) =>
    `{ name: T, oauth2: { audience: [${audience}], access_token_typ: at+jwt, scopes: { read: Read } }, signing: { kid: same }, clients: { app: { secret: "${secret}", scopes: [read], resources: [https://api.example.com/v1] } } }`
  await writeConfig(folder, `tenants:\n  a: ${tenant('one')}\n  b: ${tenant('two')}\n`)
  server = await startServer(programs.executable, { folder })
  issuer = `${server.url}/api/v1/tenant/a`
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const jwksOf = (tenant: string) =>
  jose.createRemoteJWKSet(new URL(`${server.url}/api/v1/tenant/${tenant}/.well-known/jwks.json`))

test.each([
  ['client_secret_post', openid.ClientSecretPost(secret)],
  ['client_secret_basic', openid.ClientSecretBasic(secret)],
])(
  'openid-client finds the server, gets a token with %s, and jose verifies it from the remote JWKS',
  async (_, auth) => {
    const config = await openid.discovery(new URL(issuer), 'app', undefined, auth, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    expect(config.serverMetadata().token_endpoint).toBe(`${issuer}/oauth/token`)
    const tokens = await openid.clientCredentialsGrant(config, {
      scope: 'read',
      resource: 'https://api.example.com/v1',
    })
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'read' })
    const { payload, protectedHeader } = await jose.jwtVerify(tokens.access_token, jwksOf('a'), {
      issuer,
      audience: 'https://api.example.com/v1',
      typ: 'at+jwt',
      algorithms: ['RS256'],
    })
    expect(payload).toMatchObject({ client_id: 'app', sub: 'app', scope: 'read' })
    expect(protectedHeader.kid).toBe('same')
  },
)

test('openid-client and oauth4webapi find the server as they come, by openid-configuration', async () => {
  const byDefault = { execute: [openid.allowInsecureRequests] }
  const config = await openid.discovery(new URL(issuer), 'app', secret, undefined, byDefault)
  expect(config.serverMetadata()).toMatchObject({ issuer, token_endpoint: `${issuer}/oauth/token` })
  const found = await oauth.discoveryRequest(new URL(issuer), { [oauth.allowInsecureRequests]: true })
  expect(await oauth.processDiscoveryResponse(new URL(issuer), found)).toEqual(config.serverMetadata())
})

test('openid-client understands a refusal', async () => {
  const config = await openid.discovery(
    new URL(issuer),
    'app',
    undefined,
    openid.ClientSecretBasic('wrong'),
    {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    },
  )
  const refused = await openid.clientCredentialsGrant(config).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(openid.WWWAuthenticateChallengeError)
})

/** A token by oauth4webapi, from discovery to the processed answer. */
async function tokenByOauth4webapi() {
  const url = new URL(issuer)
  const insecure = { [oauth.allowInsecureRequests]: true }
  const found = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure })
  const as = await oauth.processDiscoveryResponse(url, found)
  const client = { client_id: 'app' }
  const parameters = new URLSearchParams({ scope: 'read' })
  const response = await oauth.clientCredentialsGrantRequest(
    as,
    client,
    oauth.ClientSecretPost(secret),
    parameters,
    insecure,
  )
  return { as, tokens: await oauth.processClientCredentialsResponse(as, client, response) }
}

test('oauth4webapi gets a token through discovery, and its RFC 9068 check takes it for the audience it is for', async () => {
  const { as, tokens } = await tokenByOauth4webapi()
  const request = new Request('https://api.example.com', {
    headers: { Authorization: `Bearer ${tokens.access_token}` },
  })
  const claims = await oauth.validateJwtAccessToken(as, request, 'one', {
    [oauth.allowInsecureRequests]: true,
  })
  expect(claims).toMatchObject({ iss: issuer, aud: ['one'], client_id: 'app', scope: 'read' })
  await expect(
    oauth.validateJwtAccessToken(as, request, 'two', { [oauth.allowInsecureRequests]: true }),
  ).rejects.toThrow()
})

test('a token of one tenant is refused where that of the other is wanted', async () => {
  const { tokens } = await tokenByOauth4webapi()
  await expect(jose.jwtVerify(tokens.access_token, jwksOf('b'))).rejects.toThrow(
    'signature verification failed',
  )
  await expect(
    jose.jwtVerify(tokens.access_token, jwksOf('a'), { issuer: issuer.replace('/a', '/b') }),
  ).rejects.toThrow('unexpected "iss" claim value')
})
