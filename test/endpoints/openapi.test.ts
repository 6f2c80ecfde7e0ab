import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'
import { grant, startAcme, svc } from './acme.ts'

interface Media {
  readonly schema?: object
  readonly example?: unknown
  readonly examples?: Record<string, { value: unknown }>
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: string[]
  readonly security?: Record<string, string[]>[]
  readonly parameters?: { name: string; in: string; required: boolean }[]
  readonly requestBody?: { content: Record<string, Media> }
  readonly responses: Record<string, Answer | { $ref: string }>
}

interface Answer {
  readonly description: string
  readonly content?: Record<string, Media>
}

/** The answer itself, where the operation has it by reference. */
function answerOf(answer: Answer | { $ref: string } | undefined): Answer {
  if (!answer) throw new Error('There is no such answer')
  if (!('$ref' in answer)) return answer
  return answerOf(document.components.responses[answer.$ref.replace('#/components/responses/', '')])
}

interface Document {
  readonly openapi: string
  readonly tags: { name: string }[]
  readonly components: {
    securitySchemes: Record<string, { type: string }>
    schemas: Record<string, { type: string }>
    responses: Record<string, Answer>
  }
  readonly paths: Record<string, Record<string, Operation>>
}

let app: TestApp
let text: string
let document: Document
let operations: [name: string, operation: Operation][]

beforeAll(async () => {
  app = await startAcme()
  text = await (await app.send('/swagger/json')).text()
  document = JSON.parse(text)
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  )
})
afterAll(() => app.close())

const get = (path: string) => app.send(path)

describe('the document', () => {
  test('is OpenAPI 3 and JSON, the same each time', async () => {
    const again = await get('/swagger/json')
    expect(again.status).toBe(200)
    expect(again.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await again.text()).toBe(text)
    expect(document.openapi).toMatch(/^3\.0\.\d$/)
  })

  test('lists every route of the service, those with a dot too', () => {
    expect(operations.map(([name]) => name).toSorted()).toEqual([
      'get /',
      'get /.well-known/oauth-authorization-server/api/v1/tenant/{tenant}',
      'get /.well-known/openid-configuration/api/v1/tenant/{tenant}',
      'get /api/v1/protected-resource',
      'get /api/v1/tenant/{tenant}/.well-known/jwks.json',
      'get /api/v1/tenant/{tenant}/.well-known/oauth-authorization-server',
      'get /api/v1/tenant/{tenant}/.well-known/openid-configuration',
      'get /api/v1/tenant/{tenant}/account',
      'get /api/v1/tenant/{tenant}/account/password',
      'get /api/v1/tenant/{tenant}/api-keys/list',
      'get /api/v1/tenant/{tenant}/consent',
      'get /api/v1/tenant/{tenant}/login',
      'get /api/v1/tenant/{tenant}/oauth/authorize',
      'get /api/v1/tenant/{tenant}/oauth/logout',
      'get /api/v1/tenant/{tenant}/oauth/userinfo',
      'get /api/v1/tenant/{tenant}/oauth/verify',
      'get /api/v1/tenant/{tenant}/select-account',
      'get /api/v1/tenant/{tenant}/strategies',
      'get /api/v1/user/profile',
      'get /health',
      'get /health/live',
      'get /health/ready',
      'post /api/v1/tenant/{tenant}/account',
      'post /api/v1/tenant/{tenant}/account/password',
      'post /api/v1/tenant/{tenant}/api-keys/create',
      'post /api/v1/tenant/{tenant}/api-keys/{id}/revoke',
      'post /api/v1/tenant/{tenant}/api-keys/{id}/rotate',
      'post /api/v1/tenant/{tenant}/consent',
      'post /api/v1/tenant/{tenant}/login',
      'post /api/v1/tenant/{tenant}/oauth/authorize',
      'post /api/v1/tenant/{tenant}/oauth/device_authorization',
      'post /api/v1/tenant/{tenant}/oauth/introspect',
      'post /api/v1/tenant/{tenant}/oauth/logout',
      'post /api/v1/tenant/{tenant}/oauth/par',
      'post /api/v1/tenant/{tenant}/oauth/revoke',
      'post /api/v1/tenant/{tenant}/oauth/token',
      'post /api/v1/tenant/{tenant}/oauth/userinfo',
      'post /api/v1/tenant/{tenant}/oauth/verify',
      'post /api/v1/tenant/{tenant}/select-account',
    ])
  })

  test('lists no route that is not there', async () => {
    for (const [name] of operations) {
      const [method = '', path = ''] = name.split(' ')
      const response = await app.send(path.replace('{tenant}', 'beta').replace('{id}', 'x'), {
        method: method.toUpperCase(),
      })
      expect([name, [404, 405].includes(response.status)]).toEqual([name, false])
    }
  })

  test('has the three security schemes, and every security names one', () => {
    expect(document.components.securitySchemes).toMatchObject({
      oauth2: { type: 'oauth2' },
      bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      basic: { type: 'http', scheme: 'basic' },
    })
    const known = Object.keys(document.components.securitySchemes)
    for (const [, { security = [] }] of operations) {
      for (const name of security.flatMap((each) => Object.keys(each))) expect(known).toContain(name)
    }
    const protectedResource = document.paths['/api/v1/protected-resource']?.['get']
    expect(protectedResource?.security).toEqual([{ oauth2: [] }, { bearer: [] }])
  })

  test('uses the words of OpenAPI 3.0 for its schemas, which knows no const', () => {
    expect(text).not.toMatch(/"(const|patternProperties|\$id|\$schema|prefixItems)":/)
  })
})

describe('what several operations have', () => {
  test('is a schema with a name: every body but a list is one by reference', () => {
    const bodies = operations.flatMap(([name, { requestBody, responses }]) =>
      [requestBody, ...Object.values(responses).map(answerOf)].flatMap((body) =>
        Object.entries(body?.content ?? {})
          // A page is a text, which needs no name.
          .filter(([type]) => type !== 'text/html')
          .map(([, { schema }]) => [name, schema] as const),
      ),
    )
    const unnamed = bodies.filter(
      ([, schema]) => !JSON.stringify(schema).includes('"$ref":"#/components/schemas/'),
    )
    expect(unnamed).toEqual([])
    expect(Object.keys(document.components.schemas)).toContain('ErrorResponse')
    expect(text.split('"error_description":{').length).toBe(2)
  })

  test('is an answer by reference: at most three errors are of an operation alone', () => {
    for (const [name, { responses }] of operations) {
      const own = Object.entries(responses).filter(
        ([status, answer]) => status >= '400' && !('$ref' in answer),
      )
      expect([name, own.length <= 3]).toEqual([name, true])
    }
    expect(text).not.toContain('x-shared')
  })
})

describe('the tenant of the document', () => {
  const at = async (query: string) => {
    const answer = await get(`/swagger/json${query}`)
    const { components, error } = await answer.json()
    return error ?? components.securitySchemes.oauth2.flows.clientCredentials.tokenUrl
  }

  test('is the first that issues tokens, or the one that the query names', async () => {
    expect(await at('')).toBe('/api/v1/tenant/acme/oauth/token')
    expect(await at('?tenant=')).toBe('/api/v1/tenant/acme/oauth/token')
    expect(await at('?tenant=beta')).toBe('/api/v1/tenant/beta/oauth/token')
    expect(await (await get('/swagger/json')).text()).toBe(text)
  })

  test('is refused in the same bytes when it is unknown or inactive', async () => {
    for (const id of ['nobody', '..%2f', '%00', 'x'.repeat(500), '__proto__']) {
      expect([id, await at(`?tenant=${id}`)]).toEqual([id, 'tenant_not_found'])
    }
  })

  test('is the admin tenant only for want of another one', async () => {
    const tenant = '{ name: T, oauth2: {}, signing: { algorithm: ES256 } }'
    const urlOf = async (tenants: string) => {
      const other = await startTestApp(`admin: { tenant: ops }\ntenants: { ${tenants} }\n`)
      const { components } = await (await other.send('/swagger/json')).json()
      await other.close()
      return components.securitySchemes.oauth2.flows.clientCredentials.tokenUrl
    }
    expect(await urlOf(`ops: ${tenant}, app: ${tenant}`)).toBe('/api/v1/tenant/app/oauth/token')
    expect(await urlOf(`ops: ${tenant}`)).toBe('/api/v1/tenant/ops/oauth/token')
  })
})

/** A form of a page leads on, and does not answer a page of its own. */
function successOf(name: string): string {
  if (/^post .*\/(account|consent|login|select-account)$/.test(name)) return '303'
  return /\/(create|par)$/.test(name) ? '201' : '200'
}

describe('every operation', () => {
  test('has a name of its own, a summary, a description and a known tag', () => {
    const tags = document.tags.map(({ name }) => name)
    for (const [, operation] of operations) {
      expect(operation.summary.length).toBeGreaterThan(5)
      expect(operation.description.length).toBeGreaterThan(20)
      expect(operation.tags.length).toBe(1)
      expect(tags).toContain(operation.tags[0] ?? '')
    }
    expect(new Set(operations.map(([, { operationId }]) => operationId)).size).toBe(operations.length)
  })

  test('describes its path parameters', () => {
    for (const [name, { parameters = [] }] of operations) {
      const wanted = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => `${parameter} path true`)
      const ofPath = parameters.filter((each) => each.in === 'path')
      expect(ofPath.map((each) => `${each.name} ${each.in} ${each.required}`)).toEqual(wanted)
    }
  })

  test('has a schema and an example for its success and for every refusal that it can answer', () => {
    for (const [name, { responses }] of operations) {
      expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining([successOf(name)])])
      if (name.includes('{tenant}')) expect(responses['404']).toBeDefined()
      for (const [status, { description, content }] of Object.entries(responses).map(
        ([status, answer]) => [status, answerOf(answer)] as const,
      )) {
        expect(description.length).toBeGreaterThan(2)
        // An answer without a body.
        if (['303', '304'].includes(status) || (status === '200' && /\/oauth\/(?:revoke|verify)$/.test(name)))
          continue
        const media = content?.['application/json'] ?? content?.['text/html']
        expect([name, status, typeof media?.schema]).toEqual([name, status, 'object'])
        const examples = media?.example === undefined ? Object.values(media?.examples ?? {}) : [media.example]
        expect([name, status, examples.length > 0]).toEqual([name, status, true])
      }
    }
  })
})

describe('what the document shows is what the server answers', () => {
  const exampleOf = (path: string, method: string) =>
    answerOf(document.paths[path]?.[method]?.responses['200']).content?.['application/json']?.example ?? {}

  test.each([
    '/api/v1/protected-resource',
    '/api/v1/tenant/{tenant}/strategies',
    '/api/v1/tenant/{tenant}/.well-known/jwks.json',
    '/api/v1/tenant/{tenant}/.well-known/oauth-authorization-server',
    '/health',
    '/health/ready',
    '/',
  ])('GET %s has the members of its example', async (path) => {
    const headers = { Authorization: `Bearer ${await app.token('acme', svc)}` }
    const answer = await app.send(path.replace('{tenant}', 'beta').replace('{id}', 'x'), { headers })
    expect(Object.keys(await answer.json())).toEqual(Object.keys(exampleOf(path, 'get')))
  })

  test('the token answer has the members of its example, and its refusals are those of the document', async () => {
    const path = '/api/v1/tenant/{tenant}/oauth/token'
    const answer = await (await app.post('acme', { ...grant, ...svc })).json()
    expect(Object.keys(answer)).toEqual(Object.keys(exampleOf(path, 'post')))
    const shown = Object.values(document.paths[path]?.['post']?.responses ?? {}).flatMap((answer) =>
      Object.values(answerOf(answer).content?.['application/json']?.examples ?? {}).map(({ value }) =>
        JSON.stringify(value),
      ),
    )
    const refusals = [
      app.post('acme', svc),
      app.post('acme', 'a=b&a=c'),
      app.post('acme', { grant_type: 'x' }),
      app.post('acme', { ...grant, client_id: 'idle', client_secret: 'idle-secret-value' }),
      app.post('acme', { ...grant, ...svc, scope: 'admin' }),
      app.post('acme', { ...grant, ...svc, resource: 'x' }),
      app.post('acme', { ...grant, ...svc, client_secret: 'wrong' }),
      app.post('unknown', grant),
      app.post('acme', 'x'.repeat(70_000)),
    ]
    // The document has the sentence without the name of what was refused.
    const shownPart = (text: string) => text.replace(/: [^"]+"}$/, '"}')
    for (const refusal of await Promise.all(refusals)) {
      expect(shown).toContain(shownPart(await refusal.text()))
    }
  })
})

test('without swagger there is neither page nor document, and the root does not name them', async () => {
  const handle = createApp({ ...app.deps, settings: { ...app.deps.settings, swagger: false } })
  const send = (path: string) => handle(new Request(`http://localhost:3000${path}`))
  for (const path of ['/swagger', '/swagger/json']) expect((await send(path)).status).toBe(404)
  expect(Object.keys((await (await send('/')).json()).links)).toEqual(['health'])
})
