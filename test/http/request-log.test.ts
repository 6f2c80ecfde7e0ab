import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPem } from '../../src/platform/node/node-keys.ts'
import { basic, grant, refusal, startAcme, svc, tokenPath } from '../endpoints/acme.ts'
import { callProtected, startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp

beforeEach(async () => {
  app = await startAcme()
})
afterEach(() => app.close())

const tokenRoute = '/api/v1/tenant/:tenant/oauth/token'
const headers = { 'X-Request-Id': 'the-id' }
const common = {
  time: '2030-01-01T00:00:00.000Z',
  message: 'request',
  request_id: 'the-id',
  duration_ms: expect.any(Number),
}

/** The one line of a request. */
async function lineOf(request: () => Promise<Response>): Promise<Record<string, unknown>> {
  const before = app.log.length
  await request()
  expect(app.log.length).toBe(before + 1)
  return app.log.at(-1) ?? {}
}

describe('the line of a request', () => {
  test('of a token has these members, in this order', async () => {
    const line = await lineOf(() => app.post('acme', { ...grant, ...svc }, headers))
    expect(line).toStrictEqual({
      ...common,
      level: 'info',
      method: 'POST',
      route: tokenRoute,
      status: 200,
      tenant: 'acme',
      client_id: 'svc',
      secret_id: 'default',
    })
    expect(Object.keys(line)).toEqual([
      'time',
      'level',
      'message',
      'request_id',
      'method',
      'route',
      'status',
      'duration_ms',
      'tenant',
      'client_id',
      'secret_id',
    ])
    expect(line['duration_ms']).toBeGreaterThan(0)
  })

  test('of a refusal has its code', async () => {
    const line = await lineOf(() => app.post('acme', { ...grant, ...svc, scope: 'admin' }, headers))
    expect(line).toStrictEqual({
      ...common,
      level: 'info',
      method: 'POST',
      route: tokenRoute,
      status: 400,
      tenant: 'acme',
      client_id: 'svc',
      secret_id: 'default',
      error: 'invalid_scope',
    })
  })

  test('of a checked token has the tenant and the client of the token', async () => {
    const token = await app.token('beta', svc)
    const send = () =>
      app.send('/api/v1/protected-resource', { headers: { ...headers, Authorization: `Bearer ${token}` } })
    expect(await lineOf(send)).toStrictEqual({
      ...common,
      level: 'info',
      method: 'GET',
      route: '/api/v1/protected-resource',
      status: 200,
      tenant: 'beta',
      client_id: 'svc',
    })
  })

  test('of a refused token says why, and names nobody', async () => {
    const token = await app.token('acme', svc)
    const flipped = `${token.slice(0, -10)}AAAAAAAAAA`
    const bad = await lineOf(() => callProtected(app, flipped))
    expect(bad).toMatchObject({ status: 401, error: 'invalid_token' })
    expect(bad['reason']).toContain('ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
    expect(bad).not.toHaveProperty('tenant')
    expect(bad).not.toHaveProperty('client_id')
    app.advance(600)
    expect((await lineOf(() => callProtected(app, token)))['reason']).toContain('ERR_JWT_EXPIRED')
  })

  test('of HEAD says HEAD, and of a path or a method that is none has no route', async () => {
    const head = await lineOf(() => app.send('/health', { method: 'HEAD', headers }))
    expect(head).toMatchObject({ method: 'HEAD', route: '/health', status: 200 })
    const path = await lineOf(() => app.send('/secret-path-of-somebody', { headers }))
    expect(path).toStrictEqual({ ...common, level: 'info', method: 'GET', status: 404, error: 'not_found' })
    const method = await lineOf(() => app.send(tokenPath, { headers }))
    expect(method).toStrictEqual({
      ...common,
      level: 'info',
      method: 'GET',
      status: 405,
      error: 'method_not_allowed',
    })
  })
})

describe('what people send by mistake is not in the line', () => {
  const marker = 'MARKER-1f9b'

  test.each([
    ['an unknown tenant', () => app.post(marker, { ...grant, ...svc })],
    ['an inactive tenant', () => app.post('closed', { ...grant, ...svc })],
    ['an unknown client', () => app.post('acme', { ...grant, client_id: marker, client_secret: marker })],
    [
      'an unknown client in the header',
      () => app.post('acme', grant, { Authorization: basic(marker, marker) }),
    ],
    ['a wrong secret', () => app.post('acme', { ...grant, client_id: 'svc', client_secret: marker })],
    ['a grant type', () => app.post('acme', { ...svc, grant_type: marker })],
    ['a scope', () => app.post('acme', { ...grant, ...svc, scope: marker })],
    ['a resource', () => app.post('acme', { ...grant, ...svc, resource: marker, audience: marker })],
    ['an unknown parameter', () => app.post('acme', { ...grant, ...svc, [marker]: marker })],
    ['a broken form', () => app.post('acme', `${marker}=%zz`)],
    ['a media type', () => app.post('acme', marker, { 'Content-Type': `text/${marker}` })],
    ['a query', () => app.send(`/health?access_token=${marker}`)],
    ['a path', () => app.send(`/${marker}`)],
    ['a file of the page', () => app.send(`/swagger/assets/${marker}`)],
    [
      'headers',
      () => app.send('/health', { headers: { 'User-Agent': marker, Cookie: marker, Referer: marker } }),
    ],
    [
      'a request id that is not sane',
      () => app.send('/health', { headers: { 'X-Request-Id': `${marker} x` } }),
    ],
    ['a bearer token', () => callProtected(app, marker)],
    [
      'a bearer token with our parts',
      () => callProtected(app, `${btoa('{"kid":"MARKER-1f9b"}')}.${marker}.x`),
    ],
  ])('%s', async (_, send) => {
    const line = await lineOf(send)
    expect(JSON.stringify(line)).not.toContain(marker)
    expect(line['tenant'] ?? 'acme').toBe('acme')
  })

  test('a known client whose secret is wrong is named, an unknown one is not', async () => {
    const wrong = { client_secret: marker }
    const known = await lineOf(() => app.post('acme', { ...grant, ...wrong, client_id: 'svc' }))
    expect(known).toMatchObject({ client_id: 'svc', tenant: 'acme', error: 'invalid_client' })
    const unknown = await lineOf(() => app.post('acme', { ...grant, ...wrong, client_id: 'beta-only' }))
    expect(unknown).not.toHaveProperty('client_id')
  })
})

describe('a key that cannot be used', () => {
  const damage = async (content: string) => {
    const folder = join(app.folder, 'data', 'keys', 'acme')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(join(folder, 'shared-kid.pem'), content, { mode: 0o600 })
  }

  test('is answered without a word of it, and its cause is in the log', async () => {
    await damage('no key at all')
    const response = await app.post('acme', { ...grant, ...svc })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await refusal(response)).toEqual([
      503,
      'temporarily_unavailable',
      'The server cannot answer this right now',
    ])
    const line = app.log.at(-1) ?? {}
    expect(line).toMatchObject({
      level: 'error',
      status: 503,
      route: tokenRoute,
      tenant: 'acme',
      client_id: 'svc',
      error: 'temporarily_unavailable',
    })
    expect(line['reason']).toContain("Cannot load the signing key of tenant 'acme'")
    expect(line['reason']).toContain(join(app.folder, 'data', 'keys', 'acme', 'shared-kid.pem'))
  })

  test('of one tenant is none of another, and of a route without keys is none', async () => {
    await damage('')
    expect((await app.send('/api/v1/tenant/acme/.well-known/jwks.json')).status).toBe(503)
    expect((await app.send('/api/v1/tenant/acme/strategies')).status).toBe(200)
    expect((await app.post('beta', { ...grant, ...svc })).status).toBe(200)
  })

  test('is answered 503 to a bearer token too, and not as a bad token', async () => {
    const token = await app.token('acme', svc)
    const other = await startAcme()
    const folder = join(other.folder, 'data', 'keys', 'acme')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(join(folder, 'shared-kid.pem'), 'broken', { mode: 0o600 })
    const response = await callProtected(other, token)
    expect(response.headers.has('www-authenticate')).toBe(false)
    expect((await refusal(response)).slice(0, 2)).toEqual([503, 'temporarily_unavailable'])
    await other.close()
  })

  test('does not replace the file, and is over once the file is right', async () => {
    await damage('broken')
    expect((await app.post('acme', { ...grant, ...svc })).status).toBe(503)
    const path = join(app.folder, 'data', 'keys', 'acme', 'shared-kid.pem')
    expect(await Bun.file(path).text()).toBe('broken')
    await app.token('beta', svc)
    await writeFile(path, await generateKeyPem({ kty: 'EC', crv: 'P-256' }, 0))
    expect((await app.post('acme', { ...grant, ...svc })).status).toBe(200)
  })
})

describe('probes', () => {
  const yaml = 'tenants: { a: { name: A, oauth2: {} } }'

  test('that went well have no line unless it is wanted; one that fails has its line', async () => {
    const quiet = await startTestApp(yaml)
    for (const path of ['/health', '/health/live', '/health/ready']) await quiet.send(path)
    quiet.lifecycle.phase = 'stopping'
    expect((await quiet.send('/health/ready')).status).toBe(503)
    expect(quiet.log).toEqual([])
    await quiet.send('/health/none')
    await quiet.send('/health', { method: 'POST' })
    expect(quiet.log.map(({ status }) => status)).toEqual([404, 405])
    await quiet.close()
    const loud = await startTestApp(`log: { probes: true }\n${yaml}`)
    for (const path of ['/health', '/health/live', '/health/ready']) await loud.send(path)
    expect(loud.log.map(({ route }) => route)).toEqual(['/health', '/health/live', '/health/ready'])
    await loud.close()
  })
})
