import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { type ErrorCode, errorStatus } from '../../src/protocol/errors.ts'
import { SecretChecker } from '../../src/secrets/secret-checker.ts'
import { basic, grant, startAcme, svc, tokenPath } from '../endpoints/acme.ts'
import { callProtected, platform, startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp

beforeAll(async () => {
  app = await startAcme()
})
afterAll(() => app.close())

const idle = { client_id: 'idle', client_secret: 'idle-secret-value' }

/** Codes of single grants, of the pages of people and of the admin API, whose own tests reach them. */
type Elsewhere =
  | 'invalid_grant'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'login_required'
  | 'consent_required'
  | 'interaction_required'
  | 'account_selection_required'
  | 'unmet_authentication_requirements'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported'
  | 'invalid_request_uri'
  | 'conflict'
  | 'precondition_failed'
  | 'precondition_required'

/** A refusal of each code that this version can reach. */
const refusals: Record<Exclude<ErrorCode, Elsewhere>, () => Promise<Response>> = {
  invalid_request: () => app.post('acme', svc),
  invalid_client: () => app.post('acme', grant),
  unauthorized_client: () => app.post('acme', { ...grant, ...idle }),
  unsupported_grant_type: () => app.post('acme', { ...svc, grant_type: 'password' }),
  invalid_scope: () => app.post('acme', { ...grant, ...svc, scope: 'admin' }),
  invalid_target: () => app.post('acme', { ...grant, ...svc, resource: 'x' }),
  invalid_token: () => callProtected(app, 'x'),
  insufficient_scope: listApiKeysWithoutScope,
  tenant_not_found: () => app.post('plain', { ...grant, ...svc }),
  not_found: () => app.send('/nope'),
  method_not_allowed: () => app.send(tokenPath),
  server_error: postWithBrokenClock,
  temporarily_unavailable: postToFullQueue,
}

async function listApiKeysWithoutScope(): Promise<Response> {
  const headers = { Authorization: `Bearer ${await app.token('beta', svc)}` }
  return app.send('/api/v1/tenant/beta/api-keys/list', { headers })
}

/** A fault that nobody foresaw. */
async function postWithBrokenClock(): Promise<Response> {
  const now = () => {
    throw new RangeError('the clock broke')
  }
  const body = new URLSearchParams({ ...grant, ...svc })
  return createApp({ ...app.deps, now })(
    new Request(`http://localhost:3000${tokenPath}`, { method: 'POST', body }),
  )
}

/** One request more than may wait for a slow hash. */
async function postToFullQueue(): Promise<Response> {
  const slow = await startTestApp(`
tenants:
  acme:
    name: Acme
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      svc: { secret_hash: '${await Bun.password.hash('svc-secret-value', { algorithm: 'bcrypt', cost: 4 })}' }
`)
  const { promise: gate, resolve: open } = Promise.withResolvers<boolean>()
  const passwordHash = { verify: () => gate }
  const { hashing, monotonic } = platform
  const options = { hashing, monotonic, passwordHash, atOnce: 1, memoryKey: new Uint8Array(32) }
  const handle = createApp({ ...slow.deps, secrets: new SecretChecker(options) })
  const send = () => {
    const body = new URLSearchParams({ ...grant, ...svc })
    return handle(new Request(`http://localhost:3000${tokenPath}`, { method: 'POST', body }))
  }
  const waiting = Array.from({ length: 65 }, send)
  const refused = await Promise.race([...waiting, send()])
  open(true)
  const served = await Promise.all(waiting)
  expect(served.map(({ status }) => status)).toEqual(Array.from({ length: 65 }, () => 200))
  await slow.close()
  return refused
}

describe('every error code', () => {
  test.each(Object.entries(refusals))(
    '%s is reached, with its status and its bytes',
    async (code, refuse) => {
      const response = await refuse()
      const status = Object.entries(errorStatus).find(([known]) => known === code)?.[1]
      expect(response.status).toBe(status ?? 0)
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('pragma')).toBe('no-cache')
      expect(response.headers.get('retry-after')).toBe(code === 'temporarily_unavailable' ? '1' : null)
      const body = await response.json()
      expect(Object.keys(body)).toEqual(['error', 'error_description'])
      expect(body.error).toBe(code)
      // RFC 6749 section 5.2.
      expect(body.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
    },
  )
})

describe('no refusal repeats what may be a secret in the wrong place', () => {
  const marker = 'MARKER-7c1e"\\é'
  const asMarker = { client_id: marker, client_secret: marker }

  test.each([
    ['grant_type', () => app.post('acme', { grant_type: marker })],
    ['the client', () => app.post('acme', { ...grant, ...asMarker })],
    ['the client in the header', () => app.post('acme', grant, { Authorization: basic(marker, marker) })],
    [
      'another client_id',
      () => app.post('acme', { ...grant, client_id: marker }, { Authorization: basic('svc', 'x') }),
    ],
    [
      'two methods',
      () => app.post('acme', { ...grant, ...asMarker }, { Authorization: basic(marker, marker) }),
    ],
    ['scope', () => app.post('acme', { ...grant, ...svc, scope: marker })],
    ['resource', () => app.post('acme', { ...grant, ...svc, resource: marker })],
    ['audience', () => app.post('acme', { ...grant, ...svc, audience: marker })],
    ['a parameter twice', () => app.post('acme', `MARKER-7c1e=MARKER-7c1e&MARKER-7c1e=MARKER-7c1e`)],
    ['a broken escape', () => app.post('acme', 'MARKER-7c1e=%MARKER-7c1e')],
    ['the media type', () => app.post('acme', 'x', { 'Content-Type': 'text/MARKER-7c1e' })],
    ['the scheme', () => app.post('acme', grant, { Authorization: 'MARKER-7c1e MARKER-7c1e' })],
    ['the tenant', () => app.post('MARKER-7c1e', grant)],
    ['the path', () => app.send('/MARKER-7c1e?MARKER-7c1e=MARKER-7c1e')],
    ['the method', () => app.send('/health', { method: 'PUT', body: 'MARKER-7c1e' })],
    ['the token', () => callProtected(app, 'MARKER-7c1e')],
    [
      'all at once',
      () =>
        app.post('acme', {
          ...grant,
          ...asMarker,
          scope: marker,
          resource: marker,
          audience: marker,
          x: marker,
        }),
    ],
  ])('%s', async (_, send) => {
    const response = await send()
    expect(response.status).toBeGreaterThanOrEqual(400)
    response.headers.delete('x-request-id')
    const text = JSON.stringify([...response.headers]) + (await response.text())
    expect(text).not.toContain('MARKER')
    expect(text).not.toContain('7c1e')
    // The id is random hex and may hold anything.
    expect(JSON.stringify({ ...app.log.at(-1), request_id: '' })).not.toContain('7c1e')
  })
})
