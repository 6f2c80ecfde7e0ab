import type { TSchema } from '@sinclair/typebox'
import type { DocumentDecoration } from 'elysia'
import type { ErrorCode } from '../protocol/errors.ts'
import { ErrorResponse } from '../protocol/messages.ts'

type Responses = NonNullable<DocumentDecoration['responses']>

/** The tags of the OpenAPI document, in the order in which a reader needs them. */
export const tags = [
  { name: 'Tokens', description: 'Get an access token and check one: start here.' },
  {
    name: 'Sign-in',
    description: 'Sign people in: where a client sends their browsers, and the pages there.',
  },
  {
    name: 'Discovery',
    description: 'What a tenant offers, where it is, and the keys that verify its tokens.',
  },
  { name: 'API keys', description: 'Keys that live long, for callers that cannot get tokens.' },
  { name: 'Admin', description: 'What config.yaml does, by requests: served where `admin` is configured.' },
  { name: 'Service', description: 'The server itself: its health and its links.' },
] as const

/** The names of the security schemes of the document. */
export const security = { oauth2: 'oauth2', bearer: 'bearer', basic: 'basic' } as const

type SchemaObject = Exclude<NonNullable<MediaType['schema']>, { $ref: string }>
type MediaType = NonNullable<Extract<Responses[string], { content?: unknown }>['content']>[string]

/** Renders a TypeBox schema for OpenAPI 3.0, which has no `const`, no `patternProperties` and no type null. */
export function plainSchema(schema: TSchema): SchemaObject {
  return JSON.parse(JSON.stringify(schema), (_, value) => {
    if (typeof value !== 'object' || value === null) return value
    const { const: only, patternProperties, anyOf, ...rest } = value
    if (isOrNull(anyOf)) return { ...anyOf[0], ...rest, nullable: true }
    if (only !== undefined) return { ...rest, enum: [only] }
    return patternProperties ? { ...rest, additionalProperties: Object.values(patternProperties)[0] } : value
  })
}

/** Whether the schema is the union that TypeBox makes for a value that may be null. */
function isOrNull(anyOf: unknown): anyOf is readonly [object, object] {
  return Array.isArray(anyOf) && anyOf.length === 2 && anyOf[1]?.type === 'null'
}

/** One answer of a route, with an example of it. */
export function answer(description: string, schema: TSchema, example: unknown): Responses[string] {
  return { description, content: { 'application/json': { schema: plainSchema(schema), example } } }
}

/** The answer of one status, with an example for each of its errors. */
export function refusal(description: string, ...errors: readonly ErrorExample[]): Responses[string] {
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

/** Names an answer that several routes have: swagger/components.ts writes it once, and the routes refer to it. */
export function shared(name: string, response: Responses[string]): Responses[string] {
  return Object.assign({ 'x-shared': name }, response)
}

export const tenantNotFound = shared(
  'TenantNotFound',
  refusal('No active tenant of this id', ['tenant_not_found', 'Tenant not found']),
)
export const serverError = shared(
  'ServerError',
  refusal('The fault is ours and in the log', ['server_error', 'The server met an unexpected condition']),
)

/** When the client may try again (RFC 9110 section 10.2.3). */
export const retryAfter = {
  'Retry-After': {
    description: 'Seconds to wait before the next try',
    required: true,
    schema: { type: 'integer', minimum: 1 },
    example: 5,
  },
} as const

/** What is left of the rates of a client and of its tenant (draft-ietf-httpapi-ratelimit-headers-11). */
export const rateLimit = {
  'RateLimit-Policy': {
    description:
      'The quotas of the client and of its tenant, in a window of seconds. Sent where one has tokens_per_minute',
    schema: { type: 'string' },
    example: '"client";q=60;w=60, "tenant";q=600;w=60',
  },
  RateLimit: {
    description: 'What is left of the quota with the least left. Sent with RateLimit-Policy',
    schema: { type: 'string' },
    example: '"client";r=12;t=60',
  },
} as const

/** An answer with headers besides. */
export function withHeaders<T extends Responses[string]>(headers: object, response: T): T {
  return { ...response, headers }
}

export const unavailable = shared(
  'Unavailable',
  withHeaders(
    retryAfter,
    refusal(
      'What the answer needs is away, such as a key, or too much waits; try again after Retry-After',
      ['temporarily_unavailable', 'The server cannot answer this right now'],
      ['temporarily_unavailable', 'Too many requests are waiting'],
    ),
  ),
)

export const tooManyAttempts = [
  'temporarily_unavailable',
  'Too many failed attempts; try again later',
] as const

/** The answer of an endpoint with client authentication after too many failures. */
export const throttled = shared(
  'Throttled',
  withHeaders(
    retryAfter,
    refusal('Too many attempts failed, of this client or from this address', tooManyAttempts),
  ),
)

export const tooLarge = shared(
  'TooLarge',
  refusal('The body is larger than 64 KB', ['invalid_request', 'The request body is too large']),
)

/** The request of an endpoint with a form. */
export function formRequest(schema: TSchema, example: Readonly<Record<string, string>>) {
  const content = { 'application/x-www-form-urlencoded': { schema: plainSchema(schema), example } }
  return { requestBody: { required: true, content } }
}

/** The request of a form endpoint with client authentication. */
export function formBody(schema: TSchema, example: Readonly<Record<string, string>>) {
  return { security: [{ [security.basic]: [] }, {}], ...formRequest(schema, example) }
}

/** The request of an endpoint with a JSON body. */
export function jsonBody(schema: TSchema, example: unknown, { required = true } = {}) {
  return {
    requestBody: { required, content: { 'application/json': { schema: plainSchema(schema), example } } },
  }
}

type ErrorExample = readonly [code: ErrorCode, sentence: string]

/** The errors of a form endpoint with client authentication, and its own. */
export function authenticationErrors(...own: readonly ErrorExample[]) {
  return {
    400: refusal(
      'The request is malformed, or asks for what it cannot have',
      ['invalid_request', 'A parameter was sent more than once'],
      ...own,
    ),
    401: refusal('The client is unknown or inactive, or its secret is wrong: which one is not told', [
      'invalid_client',
      'Client authentication failed',
    ]),
    404: tenantNotFound,
    413: tooLarge,
    429: throttled,
    500: serverError,
    503: unavailable,
  }
}

/** The errors of a route that manages this server with a bearer token. */
export const managementErrors = {
  401: shared(
    'InvalidToken',
    refusal(
      'No token (then the body is empty), or one that is not good here',
      ['invalid_token', 'The access token is invalid'],
      ['invalid_token', 'Token has expired'],
      ['invalid_token', 'API key has been revoked'],
    ),
  ),
  403: shared(
    'InsufficientScope',
    refusal('The token is good and does not have the scope', [
      'insufficient_scope',
      'The access token does not have the scope api-keys:manage',
    ]),
  ),
  404: tenantNotFound,
  500: serverError,
  503: unavailable,
}

/** The path parameter of the routes of a tenant. */
export const tenantParameter = {
  name: 'tenant',
  in: 'path',
  required: true,
  description: 'The id of a tenant, matched byte for byte',
  schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
  example: 'test-tenant',
} as const

/** A parameter of a path that may be any text. */
export function pathParameter(
  name: string,
  words: { readonly description: string; readonly example: string },
) {
  const { description, example } = words
  return { name, in: 'path', required: true, description, schema: { type: 'string' }, example } as const
}
