import { afterAll, beforeAll, expect, test } from 'bun:test'
import * as jose from 'jose'
import type { TestApp } from '../support/test-app.ts'
import { grant, refusal, startAcme, svc } from './acme.ts'

let app: TestApp

beforeAll(async () => {
  app = await startAcme()
})
afterAll(() => app.close())

const secretOf = (id: string) => ({ client_id: id, client_secret: `${id}-secret-value` })

/** The scope of the answer and of the token, which must be one. */
async function granted(form: Record<string, string>): Promise<unknown> {
  const response = await app.post('acme', { ...grant, ...form })
  expect(response.status).toBe(200)
  const body = await response.json()
  const claims = jose.decodeJwt(body.access_token)
  expect('scope' in claims).toBe('scope' in body)
  expect(claims['scope']).toEqual(body.scope)
  return body.scope
}

test.each([
  ['one of two', 'read', 'read'],
  ['both', 'read write', 'read write'],
  ['both, in the order of the request', 'write read', 'write read'],
  ['each once', 'read write read read', 'read write'],
])('%s is granted as asked for', async (_, scope, wanted) => {
  expect(await granted({ ...svc, scope })).toBe(wanted)
})

test('without scope all that the client may have is granted, an empty one counting as none', async () => {
  expect(await granted(svc)).toBe('read write')
  expect(await granted({ ...svc, scope: '' })).toBe('read write')
})

test('without scope the default scopes are granted where the client has some, and others when asked', async () => {
  expect(await granted(secretOf('picky'))).toBe('write')
  expect(await granted({ ...secretOf('picky'), scope: 'read' })).toBe('read')
})

test('where nothing is granted there is no scope, neither in the answer nor in the token', async () => {
  for (const id of ['bare', 'silent']) {
    const response = await app.post('acme', { ...grant, ...secretOf(id) })
    const body = await response.json()
    expect(Object.keys(body)).toEqual(['access_token', 'token_type', 'expires_in'])
    expect(Object.keys(jose.decodeJwt(body.access_token))).not.toContain('scope')
  }
  expect(await granted({ ...secretOf('silent'), scope: 'read' })).toBe('read')
})

test.each([
  ['that the tenant knows and the client may not have', 'admin', 'admin'],
  ['that nobody knows', 'unknown', 'unknown'],
  ['next to an allowed one', 'read admin', 'admin'],
  ['in another case', 'READ', 'READ'],
  ['that joins two allowed ones', 'read,write', 'read,write'],
  ['that objects have', '__proto__', '__proto__'],
])('a scope %s is refused by its name and not dropped', async (_, scope, named) => {
  expect(await refusal(await app.post('acme', { ...grant, ...svc, scope }))).toEqual([
    400,
    'invalid_scope',
    `The requested scope is not allowed for this client: ${named}`,
  ])
})

test('a client without scopes is refused any', async () => {
  expect((await refusal(await app.post('acme', { ...grant, ...secretOf('bare'), scope: 'read' })))[1]).toBe(
    'invalid_scope',
  )
})

test.each([
  ['a space in front', ' read'],
  ['a space behind', 'read '],
  ['two spaces between', 'read  write'],
  ['a space alone', ' '],
  ['a quote', 'read"'],
  ['a backslash', 'read\\'],
  ['a tab', 'read\twrite'],
  ['a line end', 'read\nwrite'],
  ['a zero character', 'read\0'],
  ['a delete character', 'read\x7f'],
  ['a letter outside ASCII', 'réad'],
  ['a wide space', 'read\u00a0write'],
])('a scope with %s is malformed', async (_, scope) => {
  expect(await refusal(await app.post('acme', { ...grant, ...svc, scope }))).toEqual([
    400,
    'invalid_scope',
    'The scope is malformed',
  ])
})
