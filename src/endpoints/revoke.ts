import { Elysia } from 'elysia'
import type { Client } from '../clients/client.ts'
import type { Deps } from '../deps.ts'
import { allowOriginsOf, answerClientPreflights } from '../http/answer/cors.ts'
import { noStore } from '../http/answer/no-store.ts'
import { authenticateRequest } from '../http/authenticate-client.ts'
import { authenticationErrors, formBody, tenantParameter } from '../http/openapi-parts.ts'
import { auditRefusal, recordAudit } from '../http/record-event.ts'
import { parseForm } from '../http/request/form.ts'
import { getOAuth2Tenant } from '../http/tenant-of-path.ts'
import type { AuditEvent } from '../protocol/audit-events.ts'
import { OAuthError } from '../protocol/errors.ts'
import { quoted } from '../protocol/finding-words.ts'
import { TokenParameter } from '../protocol/messages.ts'
import type { OAuth2Tenant } from '../tenants/tenant.ts'
import { endFamily } from '../tokens/people/families.ts'
import { parseRefreshToken } from '../tokens/people/family-secrets.ts'
import { findFamily } from '../tokens/people/refresh.ts'
import { revokeByClaims } from '../tokens/revoke-token.ts'
import { isApiKey, type TokenClaims } from '../tokens/token-claims.ts'
import { verifyTokenToRevoke } from '../tokens/verify.ts'

const path = '/api/v1/tenant/:tenant/oauth/revoke'

/** `POST /api/v1/tenant/{tenant}/oauth/revoke` (RFC 7009 section 2). */
export const revokeEndpoint = (deps: Deps) =>
  new Elysia().use(answerClientPreflights(path, ['POST'], deps)).post(
    path,
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

async function revoke(request: Request, found: OAuth2Tenant, deps: Deps): Promise<void> {
  const form = await parseForm(request)
  const { client } = await authenticateRequest(request, form, { tenant: found.tenant, deps })
  allowOriginsOf(request, client)
  const token = form.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'Missing token parameter')
  // The token says itself what it is, so token_type_hint is not needed (RFC 7009 section 2.1).
  const revoked = parseRefreshToken(token)
    ? await revokeRefresh(token, client, { found, deps })
    : await revokeSigned(token, client, { found, deps })
  // RFC 7009 section 2.2: an invalid token needs no revocation, and the answer is 200.
  if (!revoked) return
  const event = { tenant: found.tenant.id, outcome: 'success', actor: client.id, client: client.id } as const
  recordAudit(request, { ...event, ...revoked }, deps)
}

type Revoked = Pick<AuditEvent, 'type' | 'detail'>

interface Place {
  readonly found: OAuth2Tenant
  readonly deps: Deps
}

/** Ends an access token or an API key. Undefined for a text that is neither. */
async function revokeSigned(
  token: string,
  client: Client,
  { found, deps }: Place,
): Promise<Revoked | undefined> {
  const claims = await findSigned(token, found, deps)
  if (!claims) return undefined
  checkOwn(client, claims.client_id)
  await revokeByClaims(claims, found.tenant.id, deps)
  return isApiKey(claims)
    ? { type: 'api_key.revoked', detail: { api_key: claims.sub } }
    : { type: 'token.revoked', detail: { jti: claims.jti } }
}

/** Ends a refresh token, used or not, and the access tokens that came of the same sign-in (RFC 7009 section 2.1). */
async function revokeRefresh(
  token: string,
  client: Client,
  { found: { tenant }, deps }: Place,
): Promise<Revoked | undefined> {
  const refresh = await findFamily(token, tenant, deps)
  if (!refresh) return undefined
  checkOwn(client, refresh.family.client_id)
  await endFamily(refresh.familyId, tenant.id, deps)
  return { type: 'refresh_token.revoked', detail: { sub: refresh.family.sub, family: refresh.familyId } }
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
function checkOwn(client: Client, clientId: string): void {
  if (client.id === clientId) return
  throw new OAuthError('unauthorized_client', 'The token was issued to another client', {
    finding: {
      check: 'client of the token',
      saw: `a token of ${quoted(clientId)}`,
      wanted: `a token of ${quoted(client.id)}`,
    },
  })
}

const detail = {
  tags: ['Tokens'],
  operationId: 'revokeToken',
  summary: 'Revoke a token',
  description: [
    'Ends an access token, an API key or a refresh token before its time (RFC 7009). A refresh token takes the access tokens of the',
    'same sign-in with it; an access token goes alone. The caller authenticates as the client that the token was issued to. A token that is unknown, broken or dead already is answered 200 as well. Once the answer is there, no',
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
