import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { openToAnyOrigin } from '../../src/http/answer/cors.ts'
import { renderError } from '../../src/http/answer/render-error.ts'
import { wrapHandler } from '../../src/http/handler.ts'
import { notesOf } from '../../src/http/request/request-notes.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import { acmeYaml, svc } from '../endpoints/acme.ts'
import { connectionSettings } from '../support/server-settings.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp(
    `${acmeYaml}  own: { name: Own, issuer: 'http://localhost:3000/own/issuer', oauth2: {}, signing: { algorithm: ES256 } }\n`,
  )
})
afterAll(() => app.close())

const tenants = ['acme', 'unknown', 'closed', '%61cme']
const documentsOf = (tenant: string) => [
  `/api/v1/tenant/${tenant}/.well-known/jwks.json`,
  ...['oauth-authorization-server', 'openid-configuration'].flatMap((name) => [
    `/api/v1/tenant/${tenant}/.well-known/${name}`,
    `/.well-known/${name}/api/v1/tenant/${tenant}`,
  ]),
]
/** The last two by the issuer of a tenant that has a path of its own. */
const documents = [
  ...documentsOf('acme'),
  '/.well-known/openid-configuration/own/issuer',
  '/own/issuer/.well-known/oauth-authorization-server',
]
const Origin = 'https://app.example'

/** The CORS headers of an answer. */
function corsOf({ headers }: Response) {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))
}

const readable = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'ETag, X-Request-Id' }

describe('a public document', () => {
  test.each(documents)(
    '%s is readable by any origin: at first, out of memory, unchanged, by HEAD',
    async (path) => {
      const first = await app.send(path, { headers: { Origin } })
      const again = await app.send(path)
      const etag = first.headers.get('etag') ?? ''
      const unchanged = await app.send(path, { headers: { Origin: 'null', 'If-None-Match': etag } })
      const head = await app.send(path, { method: 'HEAD', headers: { Origin } })
      const answers = [first, again, unchanged, head]
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 304, 200])
      for (const answer of answers) expect(corsOf(answer)).toEqual(readable)
    },
  )

  test.each(tenants.slice(1))('of the tenant %s is a refusal that the page can read', async (tenant) => {
    for (const path of documentsOf(tenant)) {
      const response = await app.send(path, { headers: { Origin } })
      expect([response.status, corsOf(response)]).toEqual([404, readable])
    }
  })

  test.each([...documents, ...tenants.slice(1).flatMap(documentsOf)])(
    '%s answers a preflight, whether it is there or not',
    async (path) => {
      const asked = {
        Origin,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'if-none-match',
      }
      const response = await app.send(path, { method: 'OPTIONS', headers: asked })
      expect([response.status, await response.text()]).toEqual([204, ''])
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      expect(corsOf(response)).toEqual({
        ...readable,
        'access-control-allow-methods': 'GET, HEAD',
        'access-control-allow-headers': '*',
        'access-control-max-age': '86400',
      })
    },
  )
})

describe('whatever else there is', () => {
  const others = [
    '/',
    '/health',
    '/health/ready',
    '/swagger/json',
    '/nope',
    '/.well-known/nope',
    '/api/v1/protected-resource',
    '/api/v1/admin/tenants',
    ...[
      'strategies',
      'oauth/token',
      'oauth/authorize',
      'oauth/introspect',
      'oauth/revoke',
      'oauth/userinfo',
      'api-keys/list',
    ].map((name) => `/api/v1/tenant/acme/${name}`),
  ]

  /** They have CORS headers at a tenant with people, see client-origins.test.ts. */
  const ofClients = ['oauth/token', 'oauth/revoke', 'oauth/userinfo']

  test.each(others)('%s has no CORS header, for no method', async (path) => {
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
      const headers = { Origin, 'Access-Control-Request-Method': method }
      const response = await app.send(path, { method, headers })
      expect([method, corsOf(response), response.headers.has('vary')]).toEqual([method, {}, false])
      // OPTIONS * comes as OPTIONS / and is 200.
      const statuses = ofClients.some((name) => path.endsWith(name)) ? [204] : [404, 405]
      if (method === 'OPTIONS' && path !== '/') expect(statuses).toContain(response.status)
    }
  })

  test('a token has none either', async () => {
    const response = await app.post('acme', { grant_type: 'client_credentials', ...svc }, { Origin })
    expect([response.status, corsOf(response)]).toEqual([200, {}])
  })

  test('a wrong method at a public document has none', async () => {
    const response = await app.send(documents[0] ?? '', { method: 'POST', headers: { Origin } })
    expect([response.status, corsOf(response)]).toEqual([405, {}])
  })
})

describe('an endpoint that is open to any origin by its one line', () => {
  const path = '/open'
  const plugin = new Elysia()
    .use(openToAnyOrigin(path, { methods: ['POST'], headers: 'Authorization' }))
    .post(path, () => {
      throw new OAuthError('invalid_request', 'Nothing is good here')
    })
  const other = new Elysia().get('/closed', () => new Response('mine'))
  const inner = new Elysia()
    .onError({ as: 'global' }, ({ error, request }) => renderError(error, notesOf(request)))
    .use(plugin)
    .use(other)
  const handle = wrapHandler(async (request) => inner.fetch(request), {
    now: Date.now,
    lifecycle: { phase: 'ready' },
    settings: {
      server: { trusted_proxies: [], proxy_header: 'x-forwarded-for', connections: connectionSettings },
    },
    publicUrl: 'http://localhost:3000',
    randomBytes: (count) => new Uint8Array(count),
    log: () => {},
  })
  const send = (asked: string, method: string) =>
    handle(new Request(`http://grantd.test${asked}`, { method }))

  test('its errors are readable', async () => {
    const response = await send(path, 'POST')
    expect([response.status, corsOf(response)]).toEqual([400, readable])
  })

  test('its preflight names its methods and headers', async () => {
    const response = await send(path, 'OPTIONS')
    expect([response.status, response.headers.get('allow'), corsOf(response)]).toEqual([
      204,
      'POST, OPTIONS',
      {
        ...readable,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'Authorization',
        'access-control-max-age': '86400',
      },
    ])
  })

  test('another endpoint beside it stays closed', async () => {
    expect(corsOf(await send('/closed', 'GET'))).toEqual({})
  })
})
