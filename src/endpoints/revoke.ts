import { Elysia } from 'elysia'
import type { Client } from '../clients/client.ts'
import type { Deps } from '../deps.ts'
import { noStore } from '../http/answer/no-store.ts'
import { authenticateRequest } from '../http/authenticate-client.ts'
import { authenticationErrors, formBody, tenantParameter } from '../http/openapi-parts.ts'
import { auditRefusal, recordAudit } from '../http/record-event.ts'
import { parseForm } from '../http/request/form.ts'
import { getOAuth2Tenant, type OAuth2Tenant } from '../http/tenant-of-path.ts'
import { OAuthError } from '../protocol/errors.ts'
import { TokenParameter } from '../protocol/messages.ts'
import { revokeByClaims } from '../tokens/revoke-token.ts'
import { isApiKey, type TokenClaims } from '../tokens/token-claims.ts'
import { verifyTokenToRevoke } from '../tokens/verify.ts'

/** `POST /api/v1/tenant/{tenant}/oauth/revoke` (RFC 7009 section 2). */
export const revokeEndpoint = (deps: Deps) =>
  new Elysia().post(
    '/api/v1/tenant/:tenant/oauth/revoke',
    async ({ request, params }) => {
      const found = await getOAuth2Tenant(request, params.tenant, deps)
      await auditRefusal(
        request,
        { type: 'token.revoked', tenant: found.tenant.id },
        { deps, work: () => revoke(request, found, deps) },
      )
      return new Response(null, { headers: noStore })
    },
    { parse: 'none', detail },
  )

async function revoke(request: Request, { tenant, oauth2 }: OAuth2Tenant, deps: Deps): Promise<void> {
  const form = await parseForm(request)
  const { client } = await authenticateRequest(request, form, { tenant, deps })
  const token = form.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'Missing token parameter')
  const claims = await findSigned(token, { tenant, oauth2 }, deps)
  // RFC 7009 section 2.2: an invalid token needs no revocation, and the answer is 200.
  if (!claims) return
  checkOwn(client, claims)
  await revokeByClaims(claims, tenant.id, deps)
  recordAudit(
    request,
    {
      type: isApiKey(claims) ? 'api_key.revoked' : 'token.revoked',
      tenant: tenant.id,
      outcome: 'success',
      actor: client.id,
      client: claims.client_id,
      detail: isApiKey(claims) ? { api_key: claims.sub } : { jti: claims.jti },
    },
    deps,
  )
}

async function findSigned(token: string, found: OAuth2Tenant, deps: Deps): Promise<TokenClaims | undefined> {
  try {
    return await verifyTokenToRevoke(token, found, deps)
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_token') return undefined
    throw error
  }
}

/** RFC 7009 section 2.1: a client can revoke its own tokens only. */
function checkOwn(client: Client, { client_id }: TokenClaims): void {
  if (client.id === client_id) return
  throw new OAuthError('unauthorized_client', 'The token was issued to another client')
}

const detail = {
  tags: ['Tokens'],
  operationId: 'revokeToken',
  summary: 'Revoke a token',
  description: [
    'Ends an access token or an API key before its time (RFC 7009). The caller authenticates as the client that the token was',
    'issued to. A token that is unknown, broken or dead already is answered 200 as well. Once the answer is there, no',
    'replica takes the token any more; an API that looks at the signature alone does not learn of it until exp.',
  ].join('\n'),
  ...formBody(TokenParameter, { token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln' }),
  parameters: [tenantParameter],
  responses: {
    200: { description: 'The token is no good now' },
    ...authenticationErrors(
      ['invalid_request', 'Missing token parameter'],
      ['unauthorized_client', 'The token was issued to another client'],
    ),
  },
}
