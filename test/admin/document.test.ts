import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type AdminApp, adminConfig, startAdminApp } from './admin-app.ts'

interface Media {
  readonly schema?: object
  readonly example?: unknown
  readonly examples?: Record<string, { value: { error: string; error_description: string } }>
}

interface Answer {
  readonly description: string
  readonly content?: Record<string, Media>
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: string[]
  readonly security: object[]
  readonly parameters?: { name: string; in: string; required?: boolean }[]
  readonly requestBody?: { content: Record<string, Media> }
  readonly responses: Record<string, Answer | { $ref: string }>
}

let app: AdminApp
let text: string
let operations: [name: string, operation: Operation][]

beforeAll(async () => {
  app = await startAdminApp()
  text = await (await app.send('/swagger/json')).text()
  const { paths }: { paths: Record<string, Record<string, Operation>> } = JSON.parse(text)
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(() => path.startsWith('/api/v1/admin'))
      .map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  )
})
afterAll(() => app.close())

const tenant = '/api/v1/admin/tenants/{tenant}'

test('every route is listed where admin is configured', () => {
  expect(operations.map(([name]) => name).toSorted()).toEqual(
    [
      'get /api/v1/admin/audit',
      'get /api/v1/admin/requests/{id}',
      'post /api/v1/admin/tokens/explain',
      'get /api/v1/admin/tenants',
      'post /api/v1/admin/tenants',
      `get ${tenant}`,
      `patch ${tenant}`,
      `delete ${tenant}`,
      `get ${tenant}/clients`,
      `post ${tenant}/clients`,
      `get ${tenant}/clients/{client}`,
      `patch ${tenant}/clients/{client}`,
      `delete ${tenant}/clients/{client}`,
      `get ${tenant}/clients/{client}/secrets`,
      `post ${tenant}/clients/{client}/secrets`,
      `delete ${tenant}/clients/{client}/secrets/{secret}`,
      `get ${tenant}/users`,
      `post ${tenant}/users`,
      `get ${tenant}/users/{user}`,
      `patch ${tenant}/users/{user}`,
      `delete ${tenant}/users/{user}`,
      `post ${tenant}/users/{user}/reset`,
      `post ${tenant}/users/{user}/sign-out`,
      `get ${tenant}/users/{user}/sessions`,
      `delete ${tenant}/users/{user}/sessions/{session}`,
      `get ${tenant}/api-keys`,
      `post ${tenant}/api-keys/{id}/revoke`,
      `post ${tenant}/tokens/revoke`,
      `get ${tenant}/keys`,
      `post ${tenant}/keys/rotate`,
      `get ${tenant}/audit`,
    ].toSorted(),
  )
})

test('the page can ask for the scope, and has the heading, where admin is configured', async () => {
  const scopesAndTags = (document: string) => {
    const { components, tags } = JSON.parse(document)
    const { scopes } = components.securitySchemes.oauth2.flows.clientCredentials
    return [Object.keys(scopes), tags.some(({ name }: { name: string }) => name === 'Admin')]
  }
  const ofTenant = async (server: AdminApp) => (await server.send('/swagger/json?tenant=ops')).text()
  expect(scopesAndTags(await ofTenant(app))).toEqual([['grantd:admin'], true])
  const plain = await startAdminApp({}, adminConfig.replace('admin: { tenant: ops }', ''))
  expect(scopesAndTags(await ofTenant(plain))).toEqual([[], false])
  await plain.close()
})

test('each has a name of its own, the tag, its security, and its path parameters', () => {
  for (const [name, operation] of operations) {
    expect([name, operation.tags]).toEqual([name, ['Admin']])
    expect(operation.security).toEqual([{ oauth2: [] }, { bearer: [] }])
    expect(operation.summary.length).toBeGreaterThan(5)
    expect(operation.description.length).toBeGreaterThan(20)
    const wanted = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const inPath = (operation.parameters ?? []).filter((each) => each.in === 'path')
    expect([name, inPath.map((each) => each.name)]).toEqual([name, wanted.map(String)])
    for (const each of inPath) expect(each.required).toBe(true)
    if (name.startsWith('patch')) {
      expect(operation.parameters?.find((each) => each.name === 'If-Match')?.required).toBe(true)
    }
  }
  const ids = operations.map(([, { operationId }]) => operationId)
  expect(new Set(ids).size).toBe(operations.length)
})

/** What several operations answer is in the document once. */
function sharedAnswer(reference: string): Answer {
  return JSON.parse(text).components.responses[reference.replace('#/components/responses/', '')]
}

test('each answer has a schema and an example, and no word that OpenAPI 3.0 does not know', () => {
  const foreign = /"(?:const|patternProperties|\$id|\$schema|prefixItems)":|"type":"null"/g
  expect(text.match(foreign)).toBeNull()
  for (const [name, { responses }] of operations) {
    for (const status of ['401', '403', '500', '503']) {
      expect([name, status, responses[status] !== undefined]).toEqual([name, status, true])
    }
    for (const [status, answer] of Object.entries(responses)) {
      if (status === '204') continue
      const { content } = '$ref' in answer ? sharedAnswer(answer.$ref) : answer
      const media = content?.['application/json']
      expect([name, status, typeof media?.schema]).toEqual([name, status, 'object'])
      const examples = media?.example === undefined ? Object.values(media?.examples ?? {}) : [media.example]
      expect([name, status, examples.length > 0]).toEqual([name, status, true])
    }
  }
})

test('what it shows is what is answered: the members of each example', async () => {
  const exampleOf = (name: string, status: string): Record<string, unknown> => {
    const answer = operations.find(([each]) => each === name)?.[1].responses[status]
    const example = answer && 'content' in answer ? answer.content?.['application/json']?.example : undefined
    return Object.fromEntries(Object.entries(typeof example === 'object' && example !== null ? example : {}))
  }
  const same = (answer: { body: object }, name: string, status: string) =>
    expect([name, Object.keys(answer.body)]).toEqual([name, Object.keys(exampleOf(name, status))])
  const made = await app.call('POST', '/tenants', { body: { id: 'shown', name: 'Shown', oauth2: {} } })
  same(made, 'post /api/v1/admin/tenants', '201')
  const client = await app.call('POST', '/tenants/shown/clients', { body: { client_id: 'c' } })
  same(client, `post ${tenant}/clients`, '201')
  same(await app.call('GET', '/tenants/shown/clients/c'), `get ${tenant}/clients/{client}`, '200')
  same(
    await app.call('POST', '/tenants/shown/clients/c/secrets'),
    `post ${tenant}/clients/{client}/secrets`,
    '201',
  )
  same(await app.call('GET', '/tenants/acme/keys'), `get ${tenant}/keys`, '200')
  same(
    await app.call('POST', '/tenants/shown/tokens/revoke', { body: { all: true } }),
    `post ${tenant}/tokens/revoke`,
    '200',
  )
  for (const path of ['', '/clients', '/clients/c/secrets', '/api-keys', '/audit']) {
    const name = `get ${tenant}${path.replace('/c/', '/{client}/')}`
    same(await app.call('GET', `/tenants/shown${path}`), name, '200')
  }
})
