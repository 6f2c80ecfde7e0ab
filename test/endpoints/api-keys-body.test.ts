import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { listedKeys, managerToken, postKey } from '../support/api-keys.ts'
import { startRevocable } from '../support/revocable.ts'
import type { TestApp } from '../support/test-app.ts'
import { type Refusal, refusal } from './acme.ts'

let app: TestApp
let manager: string

beforeAll(async () => {
  app = await startRevocable()
  manager = await managerToken(app, 'acme')
})
afterAll(async () => {
  // No refusal of this file made a key.
  expect(await listedKeys(app, { token: manager })).toEqual([])
  await app.close()
})

const create = async (body: unknown, headers: Record<string, string> = {}) =>
  refusal(await postKey(app, 'create', { token: manager, body, headers }))
const invalid = (sentence: string): Refusal => [400, 'invalid_request', sentence]

const wantedName = 'name must be a text of 1 to 200 characters'
const wantedScopes = 'scopes must be a list of scopes'
const wantedDays = 'expires_in_days must be a whole number from 0 to 3650'

describe('the name', () => {
  test.each([
    ['in an empty object', {}],
    ['beside the other fields', { scopes: ['read'], expires_in_days: 1 }],
    ['in another case', { Name: 'k' }],
    ['beside a wrong field', { scopes: 5 }],
  ])('that is missing %s is told first', async (_, body) => {
    expect(await create(body)).toEqual(invalid('Missing required field: name'))
  })

  test.each([
    ['empty', ''],
    ['of 201 characters', 'x'.repeat(201)],
    ['null', null],
    ['a number', 5],
    ['true', true],
    ['a list', ['k']],
    ['a map', { name: 'k' }],
  ])('that is %s is refused', async (_, name) => {
    expect(await create({ name })).toEqual(invalid(wantedName))
  })
})

describe('the scopes', () => {
  test.each([
    ['a text', 'read'],
    ['two in a text', ['read write']],
    ['null', null],
    ['a number', 5],
    ['a map', { 0: 'read' }],
    ['a list in a list', [['read']]],
    ['a list with null', ['read', null]],
    ['a list with a number', [1]],
    ['a list with an empty text', ['']],
    ['a list with a quote', ['re"ad']],
    ['a list with a letter outside ASCII', ['réad']],
    ['a list with a line end', ['read\n']],
    ['a list of 101', Array(101).fill('read')],
  ])('that are %s are refused', async (_, scopes) => {
    expect(await create({ name: 'k', scopes })).toEqual(invalid(wantedScopes))
  })
})

describe('expires_in_days', () => {
  test.each([
    ['below 0', '-1'],
    ['over 3650', '3651'],
    ['a fraction', '1.5'],
    ['huge', '1e999'],
    ['a text', '"1"'],
    ['null', 'null'],
    ['true', 'true'],
    ['a list', '[1]'],
    ['a map', '{}'],
  ])('that is %s is refused', async (_, days) => {
    expect(await create(`{"name":"k","expires_in_days":${days}}`)).toEqual(invalid(wantedDays))
  })
})

describe('what else stands in the object', () => {
  test.each([
    ['a field of the answer', { id: 'mine' }],
    ['a claim', { sub: 'root' }],
    ['the scopes in the words of OAuth', { scope: 'read' }],
    ['a name that begins like one of ours', { scopes_too: ['read'] }],
    ['a text that might be a secret', { gds_0123456789: 1 }],
    ['a name with a quote', { 'a"b': 1 }],
    ['an empty name', { '': 1 }],
    ['a member of every object', JSON.parse('{"__proto__":1}')],
  ])('%s is refused, and not repeated', async (_, more) => {
    const sentence = 'The request body has a field that is not known'
    expect(
      await create(JSON.stringify({ name: 'k' }).replace('}', `,${JSON.stringify(more).slice(1)}`)),
    ).toEqual(invalid(sentence))
  })
})

describe('the body', () => {
  const malformed = 'The request body is malformed'
  const noObject = 'The request body must be a JSON object'
  test.each([
    ['empty', '', malformed],
    ['blank', '  \n', malformed],
    ['broken', '{"name":"k"', malformed],
    ['JSON with a comma too many', '{"name":"k",}', malformed],
    ['JSON with something behind it', '{"name":"k"}{}', malformed],
    ['a form', 'name=k', malformed],
    ['a list', '[{"name":"k"}]', noObject],
    ['null', 'null', noObject],
    ['a text', '"name"', noObject],
    ['a number', '5', noObject],
    ['nested beyond reason', '['.repeat(60_000), malformed],
  ])('that is %s is refused', async (_, body, sentence) => {
    expect(await create(body)).toEqual(invalid(sentence))
  })

  test('that is missing is refused for its type', async () => {
    expect(await refusal(await postKey(app, 'create', { token: manager }))).toEqual(
      invalid('The body must be application/json'),
    )
  })

  test.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/jsonx',
    'application/merge-patch+json',
    '',
  ])('of the media type %j is refused', async (type) => {
    expect(await create('{"name":"k"}', { 'Content-Type': type })).toEqual(
      invalid('The body must be application/json'),
    )
  })

  test('of 64 KB is looked at, and one byte more is too large', async () => {
    const padded = (size: number) => `{"name":""}`.padEnd(size, ' ')
    expect(await create(padded(65_536))).toEqual(invalid(wantedName))
    expect(await create(padded(65_537))).toEqual([413, 'invalid_request', 'The request body is too large'])
  })

  test('whose length is declared too large is refused unread', async () => {
    expect(await create('{}', { 'Content-Length': '65537' })).toEqual([
      413,
      'invalid_request',
      'The request body is too large',
    ])
  })

  test('is looked at only once the caller is known', async () => {
    const response = await postKey(app, 'create', { token: 'nonsense', body: '{' })
    expect(await refusal(response)).toEqual([401, 'invalid_token', 'The access token is invalid'])
  })

  test.each([
    '{"name": gds_in_the_wrong_place}',
    '{"name":"k" "gds_in_the_wrong_place"}',
    'gds_in_the_wrong_place',
    '"gds_in_the_wrong_place',
  ])('that is broken is in no log: %s', async (body) => {
    expect(await create(body)).toEqual(invalid(malformed))
    expect(app.log.at(-1)).toMatchObject({ error: 'invalid_request', reason: 'not JSON in UTF-8' })
    expect(JSON.stringify(app.log.at(-1))).not.toContain('gds_')
  })

  test('that was refused is in the audit trail without anything of it', async () => {
    await create({ name: 'k', secret_member_name: 1 })
    expect(app.events.at(-1)).toEqual({
      type: 'api_key.created',
      tenant: 'acme',
      outcome: 'refused',
      reason: 'invalid_request',
      actor: 'svc',
      client: 'svc',
      requestId: expect.any(String),
      address: undefined,
    })
    expect(JSON.stringify(app.log.at(-1))).not.toContain('secret_member_name')
  })
})
