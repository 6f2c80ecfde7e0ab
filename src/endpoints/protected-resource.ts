import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { answer, refusal, security, serverError, unavailable } from '../http/openapi-parts.ts'
import { withBearerToken } from '../http/request/bearer.ts'
import { notesOf } from '../http/request/request-notes.ts'
import { ProtectedResourceResponse } from '../protocol/messages.ts'
import { staticClaimsOf } from '../protocol/static-claims.ts'
import { type VerifiedToken, verifyToken } from '../tokens/verify.ts'

/** `GET /api/v1/protected-resource`: shows how an API checks an access token. */
export const protectedResourceEndpoint = (deps: Deps) =>
  new Elysia().get(
    '/api/v1/protected-resource',
    async ({ request }) => {
      const verified = await withBearerToken(request, (token) => verifyToken(token, {}, deps))
      const notes = notesOf(request)
      notes.tenant = verified.tenant.id
      notes.clientId = verified.claims.client_id
      return json(renderVerified(verified))
    },
    {
      detail: {
        tags: ['Tokens'],
        operationId: 'getProtectedResource',
        summary: 'Call an API with a token',
        description:
          'Stands for your own API: it takes any valid access token or API key of any active tenant and says what it learned from it; `scope` has what the client may still have. Get a token with Authorize first.',
        security: [{ [security.oauth2]: [] }, { [security.bearer]: [] }],
        responses: {
          200: answer('The token is good', ProtectedResourceResponse, {
            message: 'The access token is valid',
            tenant_id: 'test-tenant',
            sub: 'your-client-id',
            client_id: 'your-client-id',
            scope: ['api:read', 'api:write'],
            audience: ['your-api'],
            expires_at: '2030-01-01T00:00:00.000Z',
          }),
          401: refusal(
            'No token (then the body is empty), an expired one, or one that is not good',
            ['invalid_token', 'Token has expired'],
            ['invalid_token', 'The access token is invalid'],
            ['invalid_token', 'API key has been revoked'],
          ),
          500: serverError,
          503: unavailable,
        },
      },
    },
  )

function renderVerified({ tenant, claims, scopes }: VerifiedToken): ProtectedResourceResponse {
  const own = staticClaimsOf(claims)
  return {
    message: 'The access token is valid',
    tenant_id: tenant.id,
    sub: claims.sub,
    client_id: claims.client_id,
    scope: [...scopes],
    audience: claims.aud,
    ...(Object.keys(own).length > 0 && { claims: own }),
    expires_at: claims.exp === undefined ? null : new Date(claims.exp * 1000).toISOString(),
  }
}
