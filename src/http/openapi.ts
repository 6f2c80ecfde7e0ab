import type { TSchema } from '@sinclair/typebox'
import type { DocumentDecoration } from 'elysia'
import type { ErrorCode } from '../protocol/errors.ts'
import { ErrorResponse } from '../protocol/messages.ts'

type Responses = NonNullable<DocumentDecoration['responses']>

/** The tags of the OpenAPI document, in the order in which a reader needs them. */
export const tags = [
  { name: 'Tokens', description: 'Get an access token and check one: start here.' },
  {
    name: 'Discovery',
    description: 'What a tenant offers, where it is, and the keys that verify its tokens.',
  },
  { name: 'Service', description: 'The server itself: its health and its links.' },
] as const

export type Tag = (typeof tags)[number]['name']

/** The names of the security schemes of the document. */
export const security = { oauth2: 'oauth2', bearer: 'bearer', basic: 'basic' } as const

type SchemaObject = Exclude<NonNullable<MediaType['schema']>, { $ref: string }>
type MediaType = NonNullable<Extract<Responses[string], { content?: unknown }>['content']>[string]

/** A TypeBox schema as OpenAPI 3.0 has it: JSON Schema without `const` and `patternProperties`. */
export function plainSchema(schema: TSchema): SchemaObject {
  return JSON.parse(JSON.stringify(schema), (_, value) => {
    if (typeof value !== 'object' || value === null) return value
    const { const: only, patternProperties, ...rest } = value
    if (only !== undefined) return { ...rest, enum: [only] }
    return patternProperties ? { ...rest, additionalProperties: Object.values(patternProperties)[0] } : value
  })
}

/** One answer of a route, with an example of it. */
export function answer(description: string, schema: TSchema, example: unknown): Responses[string] {
  return { description, content: { 'application/json': { schema: plainSchema(schema), example } } }
}

/** The answer of one status: an example for each error that it can be. */
export function refusal(
  description: string,
  ...errors: readonly (readonly [code: ErrorCode, sentence: string])[]
): Responses[string] {
  const examples = errors.map(([error, error_description], index) => [
    errors.filter(([code]) => code === error).length > 1 ? `${error}_${index + 1}` : error,
    { summary: error_description, value: { error, error_description } },
  ])
  return {
    description,
    content: {
      'application/json': { schema: plainSchema(ErrorResponse), examples: Object.fromEntries(examples) },
    },
  }
}

export const tenantNotFound = refusal('No active tenant of this id', ['tenant_not_found', 'Tenant not found'])
export const serverError = refusal('The fault is ours and in the log', [
  'server_error',
  'The server met an unexpected condition',
])

export const unavailable = refusal(
  'What the answer needs is away, such as a key; try again after Retry-After',
  ['temporarily_unavailable', 'The server cannot answer this right now'],
)

/** The path parameter of every tenant's route. */
export const tenantParameter = {
  name: 'tenant',
  in: 'path',
  required: true,
  description: 'The id of a tenant, matched byte for byte',
  schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
  example: 'test-tenant',
} as const
