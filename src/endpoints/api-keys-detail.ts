import type { DocumentDecoration } from 'elysia'
import {
  answer,
  jsonBody,
  managementErrors,
  pathParameter,
  refusal,
  security,
  tenantParameter,
} from '../http/openapi-parts.ts'
import {
  ApiKeyList,
  ApiKeyResponse,
  CreateApiKeyRequest,
  RevokeApiKeyResponse,
  RotateApiKeyRequest,
} from '../protocol/api-key-messages.ts'

const idParameter = pathParameter('id', {
  description: 'The id of the key',
  example: 'ak_AAAAAAAAAAAAAAAAAAAAAA',
})

const shared = { tags: ['API keys'], security: [{ [security.oauth2]: [] }, { [security.bearer]: [] }] }

const example = {
  id: 'ak_AAAAAAAAAAAAAAAAAAAAAA',
  name: 'nightly report',
  scopes: ['api:read'],
  created_at: '2030-01-01T00:00:00.000Z',
  expires_at: '2030-04-01T00:00:00.000Z',
}

const issued = {
  id: example.id,
  name: example.name,
  api_key: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
  scopes: example.scopes,
  created_at: example.created_at,
  expires_at: example.expires_at,
}

const invalidScope = ['invalid_scope', 'A requested scope is not allowed for an API key: api:write'] as const
const unknownKey = refusal(
  'No such key of the client of the caller, or no active tenant of this id that has API keys',
  ['not_found', 'API key not found'],
  ['not_found', 'The tenant has no API keys'],
  ['tenant_not_found', 'Tenant not found'],
)

export const createDetail: DocumentDecoration = {
  ...shared,
  operationId: 'createApiKey',
  summary: 'Make an API key',
  description: [
    'An API key is a JWT that works wherever an access token of the tenant does, for as long as it was made for. It is shown',
    'in this answer and never again. The caller needs the scope `api-keys:manage`, and can give a key only scopes that it may',
    'have itself and that the tenant lists in `api_keys.allowed_scopes`.',
  ].join('\n'),
  parameters: [tenantParameter],
  ...jsonBody(CreateApiKeyRequest, { name: 'nightly report', scopes: ['api:read'], expires_in_days: 90 }),
  responses: {
    201: answer('The key; never to be cached', ApiKeyResponse, issued),
    400: refusal(
      'The request is malformed, or asks for what it cannot have',
      ['invalid_request', 'Missing required field: name'],
      ['invalid_request', 'expires_in_days must be a whole number from 0 to 3650'],
      invalidScope,
    ),
    ...managementErrors,
  },
}

export const listDetail: DocumentDecoration = {
  ...shared,
  operationId: 'listApiKeys',
  summary: 'List the API keys of a tenant',
  description: [
    'Those that the client of the caller made, by id, revoked ones too; with the scope `api-keys:manage:all` those of every',
    'client. More than 1000 come in pages: follow the Link header. `Grantd-Damaged-Rows` counts rows that cannot be read.',
  ].join('\n'),
  parameters: [
    tenantParameter,
    { name: 'after', in: 'query', description: 'The last id of the page before', schema: { type: 'string' } },
    {
      name: 'limit',
      in: 'query',
      description: 'Keys of a page',
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 1000 },
    },
  ],
  responses: {
    200: answer('The keys, without the keys themselves', ApiKeyList, [
      { ...example, last_used: '2030-01-02T03:04:05.000Z', revoked: false },
    ]),
    400: refusal('The query is malformed', [
      'invalid_request',
      'limit must be a whole number from 1 to 1000',
    ]),
    ...managementErrors,
  },
}

export const revokeDetail: DocumentDecoration = {
  ...shared,
  operationId: 'revokeApiKey',
  summary: 'Revoke an API key',
  description: [
    'At once, for ever, and as often as you like. The keys that were made with it end too. With the scope',
    '`api-keys:manage:all` the key may be one of another client.',
  ].join('\n'),
  parameters: [tenantParameter, idParameter],
  responses: {
    200: answer('The key is no good now', RevokeApiKeyResponse, {
      success: true,
      message: 'API key revoked successfully',
    }),
    ...managementErrors,
    404: unknownKey,
  },
}

export const rotateDetail: DocumentDecoration = {
  ...shared,
  operationId: 'rotateApiKey',
  summary: 'Replace an API key by a new one',
  description: [
    'Only the client that made a key rotates it. The key keeps its id, name, scopes and end; the answer holds the new JWT, once. The old one works on for',
    '`overlap_seconds`; with 0 it ends at once. A body is not needed.',
  ].join('\n'),
  parameters: [tenantParameter, idParameter],
  ...jsonBody(RotateApiKeyRequest, { overlap_seconds: 3600 }, { required: false }),
  responses: {
    200: answer('The new key; never to be cached', ApiKeyResponse, issued),
    400: refusal(
      'The key cannot be rotated',
      ['invalid_request', 'The API key has been revoked'],
      ['invalid_request', 'The API key has expired'],
      ['invalid_request', 'The API key belongs to another client, which alone can rotate it'],
      invalidScope,
    ),
    ...managementErrors,
    404: unknownKey,
  },
}
