import { expect } from 'bun:test'
import * as jose from 'jose'
import { type Program, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'

/** Every request of the first user story, sent to a process that runs the shipped configuration. */
export async function tellFirstStory(program: Program, folder: string): Promise<void> {
  await writeConfig(folder, await Bun.file(`${import.meta.dir}/../../config.yaml`).text())
  const first = await startServer(program, { folder })
  const token = await checkTokens(first)
  await checkRefusals(first)
  const jwks = await text(first, '/api/v1/tenant/test-tenant/.well-known/jwks.json')
  await checkSignature(token, jwks)
  expect(await first.stop()).toBe(0)

  const second = await startServer(program, { folder })
  second.canary.watch(token)
  expect(await text(second, '/api/v1/tenant/test-tenant/.well-known/jwks.json')).toBe(jwks)
  expect((await callResource(second, token)).status).toBe(200)
  expect(await second.stop()).toBe(0)
}

async function checkTokens(server: RunningServer): Promise<string> {
  expect(await json(server, '/api/v1/tenant/test-tenant/strategies')).toEqual({
    tenant_id: 'test-tenant',
    tenant_name: 'Test Tenant',
    strategies: [
      { name: 'oauth2', type: 'OAuth2 Authorization Server' },
      { name: 'oidc', type: 'OpenID Connect Provider' },
    ],
  })
  const answer = await post(server, {
    ...credentials,
    grant_type: 'client_credentials',
    scope: 'api:read api:write',
  })
  expect(answer.status).toBe(200)
  const body = await answer.json()
  expect(body).toEqual({
    access_token: expect.stringMatching(
      /^eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Im9hdXRoMi1rZXktMSJ9\./,
    ),
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'api:read api:write',
  })
  server.canary.watch(body.access_token)
  const resource = await callResource(server, body.access_token)
  expect(await resource.json()).toMatchObject({
    tenant_id: 'test-tenant',
    sub: 'your-client-id',
    audience: ['your-api'],
  })
  return body.access_token
}

async function checkRefusals(server: RunningServer): Promise<void> {
  const wrong = await post(server, {
    grant_type: 'client_credentials',
    client_id: 'invalid',
    client_secret: 'wrong',
  })
  expect(wrong.status).toBe(401)
  expect(await wrong.json()).toEqual({
    error: 'invalid_client',
    error_description: 'Client authentication failed',
  })
  const missing = await post(server, credentials)
  expect(missing.status).toBe(400)
  expect(await missing.json()).toEqual({
    error: 'invalid_request',
    error_description: 'Missing grant_type parameter',
  })
  const none = await callResource(server, 'expired-token')
  expect(none.status).toBe(401)
  expect(await none.json()).toEqual({
    error: 'invalid_token',
    error_description: 'The access token is invalid',
  })
}

async function checkSignature(token: string, jwks: string): Promise<void> {
  const { payload } = await jose.jwtVerify(token, jose.createLocalJWKSet(JSON.parse(jwks)), {
    issuer: 'https://auth.example.com',
    audience: 'your-api',
    algorithms: ['RS256'],
  })
  expect(payload).toMatchObject({
    sub: 'your-client-id',
    client_id: 'your-client-id',
    scope: 'api:read api:write',
  })
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600)
}

const credentials = { client_id: 'your-client-id', client_secret: 'your-client-secret' }

function post(server: RunningServer, form: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams(form)
  return fetch(`${server.url}/api/v1/tenant/test-tenant/oauth/token`, { method: 'POST', body })
}

function callResource(server: RunningServer, token: string): Promise<Response> {
  return fetch(`${server.url}/api/v1/protected-resource`, { headers: { Authorization: `Bearer ${token}` } })
}

const text = async (server: RunningServer, path: string) => (await fetch(server.url + path)).text()
const json = async (server: RunningServer, path: string) => (await fetch(server.url + path)).json()
