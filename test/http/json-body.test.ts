import { describe, expect, test } from 'bun:test'
import { Type } from '@sinclair/typebox'
import { hasBody, parseJsonBody } from '../../src/http/request/json-body.ts'
import { OAuthError } from '../../src/protocol/errors.ts'

const schema = Type.Object(
  {
    name: Type.String(),
    limits: Type.Optional(
      Type.Object(
        { most: Type.Integer(), why: Type.Optional(Type.String()) },
        { additionalProperties: false },
      ),
    ),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
)

const request = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Request('http://localhost/', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  })

/** Status, code and sentence of the refusal of a body. */
async function refusalOf(sent: Request): Promise<unknown> {
  const error = await parseJsonBody(sent, { schema }).catch((cause: unknown) => cause)
  if (!(error instanceof OAuthError)) throw new TypeError('The body was taken', { cause: error })
  return [error.status, error.code, error.message]
}

test.each(['{"name":"k"}', ' \n{ "name" : "k" }\t', '\ufeff{"name":"k"}'])(
  'the object in %j is taken',
  async (text) => {
    expect(await parseJsonBody(request(text), { schema })).toEqual({ name: 'k' })
  },
)

test.each([
  'application/json',
  'Application/JSON',
  'application/json; charset=utf-8',
  'application/json ;x=y',
])('the media type %j is taken', async (type) => {
  expect(await parseJsonBody(request('{"name":"k"}', { 'Content-Type': type }), { schema })).toEqual({
    name: 'k',
  })
})

test.each([
  '{"name":5,"name":"k"}',
  '{"name":"k","\\u006eame":"k"}',
  '{"name":"k","limits":{"most":1,"most" : 2}}',
  '{"name":"k","labels":{"\\"":"}","\\u0022":""}}',
])(
  'a member that is there twice, as in %s, is refused: a reader before us may count the other one',
  async (body) => {
    const sentence = 'The request body has a field twice'
    expect(await refusalOf(request(body))).toEqual([400, 'invalid_request', sentence])
  },
)

test('two objects, and a value, may have the name of a member', async () => {
  const body = {
    name: 'name',
    limits: { most: 1, why: '"name":' },
    labels: { name: '{', '}': 'name', most: '\\' },
  }
  expect(await parseJsonBody(request(JSON.stringify(body)), { schema })).toEqual(body)
})

const sentences: readonly [what: string, body: string, sentence: string][] = [
  ['a missing member', '{}', 'Missing required field: name'],
  ['a missing member further in', '{"name":"k","limits":{}}', 'Missing required field: limits.most'],
  ['a malformed member', '{"name":5}', 'The field name is malformed'],
  ['a member that is null', '{"name":null}', 'The field name is malformed'],
  [
    'a malformed member further in',
    '{"name":"k","limits":{"most":"5"}}',
    'The field limits.most is malformed',
  ],
  ['a member that is no object', '{"name":"k","limits":[]}', 'The field limits is malformed'],
  ['an unknown member', '{"name":"k","gds_secret":1}', 'The request body has a field that is not known'],
  [
    'an unknown member further in',
    '{"name":"k","limits":{"most":1,"gds_secret":1}}',
    'The request body has a field that is not known',
  ],
  [
    'a value below a name of the sender',
    '{"name":"k","labels":{"a b":1}}',
    'The request body is not of the wanted shape',
  ],
  ['an unknown member beside a missing one', '{"gds_secret":1}', 'Missing required field: name'],
]
test.each(sentences)('%s is told in one sentence', async (_, body, sentence) => {
  expect(await refusalOf(request(body))).toEqual([400, 'invalid_request', sentence])
})

test('a sentence of the endpoint goes before ours, but not for an unknown member', async () => {
  const describe = () => 'Ours'
  const messageOf = async (body: string) =>
    (await parseJsonBody(request(body), { schema, describe }).catch((error: Error) => error)) as Error
  expect((await messageOf('{}')).message).toBe('Ours')
  expect((await messageOf('{"name":"k","x":1}')).message).toBe(
    'The request body has a field that is not known',
  )
})

test.each([
  ['bytes that are not UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0])],
  ['no bytes', new Uint8Array()],
])('%s are malformed', async (_, bytes) => {
  expect(await refusalOf(request(bytes))).toEqual([400, 'invalid_request', 'The request body is malformed'])
})

test('a member that objects have is an unknown one, and changes no object', async () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    expect(await refusalOf(request(`{"name":"k","${name}":{"polluted":1}}`))).toEqual([
      400,
      'invalid_request',
      'The request body has a field that is not known',
    ])
  }
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

test('the cause of a malformed body quotes nothing of it', async () => {
  const error = await parseJsonBody(request('{"name": gds_secret}'), { schema }).catch(
    (cause: Error) => cause,
  )
  expect(String((error as Error).cause)).toBe('Error: not JSON in UTF-8')
})

describe('whether there is a body', () => {
  const bare = (headers: Record<string, string>) =>
    new Request('http://localhost/', { method: 'POST', headers })
  test.each([
    ['nothing', {}, false],
    ['a length of 0', { 'Content-Length': '0' }, false],
    ['a length', { 'Content-Length': '1' }, true],
    ['a type', { 'Content-Type': 'text/plain' }, true],
    ['chunks', { 'Transfer-Encoding': 'chunked' }, true],
  ])('%s says', (_, headers, is) => {
    expect(hasBody(bare(headers as Record<string, string>))).toBe(is)
  })
})
