import type { DocumentDecoration } from 'elysia'
import {
  managementErrors,
  refusal,
  security,
  serverError,
  tenantNotFound,
  tenantParameter,
  unavailable,
} from '../http/openapi-parts.ts'

const text = (description: string, example: string) => ({
  description,
  schema: { type: 'string' as const },
  example,
})

const query = (name: string, description: string, example: string) => ({
  name,
  in: 'query' as const,
  required: false,
  description,
  schema: { type: 'string' as const },
  example,
})

export const forwardAuthDetail: DocumentDecoration = {
  tags: ['Tokens'],
  operationId: 'verifyToken',
  summary: 'Ask for a proxy whether a request may pass',
  description:
    'For nginx `auth_request`, forward-auth of Caddy and Traefik, and Envoy `ext_authz`: the proxy sends the Authorization header of a request here first. The token must be of this tenant, for its audience (or for `audience`), and have every scope of `scope`. The answer has no body; its headers say who calls.',
  security: [{ [security.oauth2]: [] }, { [security.bearer]: [] }],
  parameters: [
    tenantParameter,
    query('scope', 'Scopes that the token must have, separated by spaces', 'api:read'),
    query('audience', 'The API that the token must be for; default: an audience of the tenant', 'your-api'),
  ],
  responses: {
    200: {
      description:
        'The token is good. Characters that are not visible ASCII, commas, and %, are percent-encoded',
      headers: {
        'X-Auth-Subject': text('`sub`: the person, or the client', 'your-client-id'),
        'X-Auth-Client': text('`client_id`', 'your-client-id'),
        'X-Auth-Tenant': text('The id of the tenant', 'test-tenant'),
        'X-Auth-Scopes': text('The scopes that count now, separated by spaces', 'api:read api:write'),
        'X-Auth-Token-Id': text('`jti`', '5c1f0a4e'),
      },
    },
    400: refusal(
      'The proxy asks wrongly',
      ['invalid_request', 'A parameter was sent more than once: scope'],
      ['invalid_scope', 'The scope is malformed'],
    ),
    401: managementErrors[401],
    403: refusal('The token is good and lacks a scope', [
      'insufficient_scope',
      'The access token does not have the scopes that the API needs',
    ]),
    404: tenantNotFound,
    500: serverError,
    503: unavailable,
  },
}

export const forwardAuthByPostDetail: DocumentDecoration = {
  ...forwardAuthDetail,
  operationId: 'verifyTokenByPost',
  summary: 'The same by POST',
  description: 'Some proxies send the method of the request that waits. The body is not read.',
}
