import type { DocumentDecoration } from 'elysia'
import { grantParameters, grants } from '../grants/grant-table.ts'
import {
  answer,
  formRequest,
  rateLimit,
  refusal,
  retryAfter,
  security,
  serverError,
  tenantNotFound,
  tenantParameter,
  tooLarge,
  tooManyAttempts,
  unavailable,
  withHeaders,
} from '../http/openapi-parts.ts'
import { tokenResponse } from '../protocol/messages.ts'
import { tokenRequest } from '../protocol/token-request.ts'
import { describeFurtherTokens } from '../tokens/further-tokens.ts'

/** The token endpoint on the Swagger page. */
export const tokenDetail: DocumentDecoration = {
  tags: ['Tokens'],
  operationId: 'issueToken',
  summary: 'Get an access token',
  description: [
    'A service posts its client credentials and gets a signed JWT (RFC 6749 section 4.4). The credentials go',
    'either into HTTP Basic or into the form, never into both. A client of private_key_jwt sends a client_assertion in place of a secret.',
    '',
    'A client that signs people in redeems its code with `authorization_code`, and then uses each `refresh_token` once: the answer has the',
    'next one. A public client sends its `client_id` alone.',
    '',
    'Without `scope` the default scopes of the client are granted; a scope that the client may not have is refused,',
    'never dropped. `resource` (RFC 8707) or `audience` picks the API that the token is for; without them it is the audience of',
    'the client, or, where the scope names one of grantd itself, the issuer.',
  ].join('\n'),
  security: [{ [security.basic]: [] }, {}],
  parameters: [tenantParameter],
  ...formRequest(tokenRequest({ grantTypes: Object.keys(grants), parameters: grantParameters() }), {
    grant_type: 'client_credentials',
    client_id: 'your-client-id',
    client_secret: 'your-client-secret',
    scope: 'api:read api:write',
  }),
  responses: {
    200: withHeaders(
      rateLimit,
      answer('The token; never to be cached', tokenResponse(describeFurtherTokens()), {
        access_token:
          'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Im9hdXRoMi1rZXktMSJ9.eyJpc3MiOiIuLi4ifQ.c2lnbmF0dXJl',
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'api:read api:write',
      }),
    ),
    400: refusal(
      'The request asks for something that it cannot have',
      ['invalid_request', 'Missing grant_type parameter'],
      ['invalid_request', 'A parameter was sent more than once'],
      ['unsupported_grant_type', 'The grant type is not supported'],
      ['unauthorized_client', 'The client is not allowed to use this grant type'],
      ['invalid_grant', 'Authorization code is invalid or expired'],
      ['invalid_grant', 'Refresh token is invalid or expired'],
      ['invalid_scope', 'The requested scope is not allowed for this client'],
      ['invalid_scope', 'The scope is not one that the person allowed'],
      ['invalid_target', 'The requested resource is not allowed for this client'],
      ['invalid_target', 'The resource is not one that the person allowed'],
      ['invalid_target', 'The token would be too large: ask for fewer resources or scopes'],
    ),
    401: refusal('The client is unknown or inactive, or its secret is wrong: which one is not told', [
      'invalid_client',
      'Client authentication failed',
    ]),
    404: tenantNotFound,
    413: tooLarge,
    429: withHeaders(
      { ...retryAfter, ...rateLimit },
      refusal(
        'Too many attempts failed, of this client or from this address, or the client or its tenant has used up its rate',
        tooManyAttempts,
        ['temporarily_unavailable', 'Too many tokens were asked for; try again later'],
      ),
    ),
    500: serverError,
    503: unavailable,
  },
}
