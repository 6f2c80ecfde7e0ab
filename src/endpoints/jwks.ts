import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { openToAnyOrigin } from '../http/answer/cors.ts'
import { tenantDocument } from '../http/answer/tenant-document.ts'
import { answer, serverError, tenantNotFound, tenantParameter, unavailable } from '../http/openapi-parts.ts'
import { getTenantOfDocument } from '../http/tenant-of-path.ts'
import { JwkSet } from '../protocol/messages.ts'

const path = '/api/v1/tenant/:tenant/.well-known/jwks.json'

/** `GET /api/v1/tenant/{tenant}/.well-known/jwks.json` (RFC 7517 section 5). */
export const jwksEndpoint = (deps: Deps) =>
  new Elysia().use(openToAnyOrigin(path)).get(
    path,
    async ({ request, params }) => {
      const tenant = await getTenantOfDocument(request, params.tenant, deps)
      return tenantDocument(request, tenant, {
        deps,
        render: ({ jwks, jwksMaxAge }) => ({ body: jwks, maxAge: jwksMaxAge }),
      })
    },
    {
      detail: {
        tags: ['Discovery'],
        operationId: 'getJwks',
        summary: 'The public keys that verify tokens of a tenant',
        description:
          'A JWK Set (RFC 7517). Choose the key by the `kid` of the token, and fix the algorithm yourself. Keep the answer for as long as Cache-Control says, then ask again with If-None-Match.',
        security: [],
        parameters: [tenantParameter],
        responses: {
          200: answer('Public members only', JwkSet, {
            keys: [
              {
                kty: 'RSA',
                use: 'sig',
                kid: 'oauth2-key-1',
                n: 'xGOr-H7A-wiuASDFl...',
                e: 'AQAB',
                alg: 'RS256',
              },
            ],
          }),
          304: { description: 'Unchanged since the ETag in If-None-Match' },
          404: tenantNotFound,
          500: serverError,
          503: unavailable,
        },
      },
    },
  )
