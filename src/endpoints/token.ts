import { Elysia } from 'elysia'
import type { Client } from '../clients/client.ts'
import type { Deps } from '../deps.ts'
import type { Grant, TokenRequest } from '../grants/grant.ts'
import { findGrant } from '../grants/grant-table.ts'
import { json } from '../http/answer/json.ts'
import { authenticateRequest } from '../http/authenticate-client.ts'
import { auditRefusal, recordAudit } from '../http/record-event.ts'
import { type Form, parseForm } from '../http/request/form.ts'
import { getOAuth2Tenant, type OAuth2Tenant } from '../http/tenant-of-path.ts'
import { nameIn, OAuthError } from '../protocol/errors.ts'
import type { TokenResponse } from '../protocol/messages.ts'
import { checkScopes, parseScope } from '../protocol/scope.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import { requestedAudience } from '../tokens/audience.ts'
import { issueTokens } from '../tokens/issue.ts'
import { tokenDetail } from './token-detail.ts'

/** `POST /api/v1/tenant/{tenant}/oauth/token` (RFC 6749 section 3.2). */
export const tokenEndpoint = (deps: Deps) =>
  new Elysia().post(
    '/api/v1/tenant/:tenant/oauth/token',
    async ({ request, params }) => {
      const found = await getOAuth2Tenant(request, params.tenant, deps)
      const answer = await auditRefusal(
        request,
        { type: 'token.refused', tenant: found.tenant.id },
        { deps, work: () => answerTokenRequest(request, found, deps) },
      )
      return json(answer)
    },
    { parse: 'none', detail: tokenDetail },
  )

/** The phases that every grant shares, in their order: syntax, then the client, then what it may have. */
async function answerTokenRequest(
  request: Request,
  { tenant, oauth2 }: OAuth2Tenant,
  deps: Deps,
): Promise<TokenResponse> {
  // 1. What is asked for?
  const form = await parseForm(request)
  const grant = getGrant(form)
  // 2. Who asks?
  const { client } = await authenticateRequest(request, form, { tenant, deps })
  // 3. May this client use this grant?
  checkGrantAllowed(client, grant)
  // 4. Which scopes, for which API?
  const tokenRequest = resolveTokenRequest(form, grant, { tenant, oauth2, client })
  // 5. What does the grant itself say?
  const authorization = await grant.authorize(tokenRequest, client)
  // 6. Mint.
  const { response, tokenId, algorithm } = await issueTokens({ tenant, oauth2, client, authorization }, deps)
  deps.metrics?.countToken(grant.type, algorithm)
  recordAudit(
    request,
    {
      type: 'token.issued',
      tenant: tenant.id,
      outcome: 'success',
      actor: client.id,
      client: client.id,
      detail: { jti: tokenId, grant_type: grant.type, ...(response.scope && { scope: response.scope }) },
    },
    deps,
  )
  return response
}

function getGrant(form: Form): Grant {
  const type = form.get('grant_type')
  if (type === undefined) throw new OAuthError('invalid_request', 'Missing grant_type parameter')
  const grant = findGrant(type)
  if (!grant) throw new OAuthError('unsupported_grant_type', 'The grant type is not supported')
  return grant
}

function checkGrantAllowed(client: Client, { type }: Grant): void {
  if (client.grantTypes.includes(type)) return
  throw new OAuthError(
    'unauthorized_client',
    nameIn('The client is not allowed to use this grant type', type),
  )
}

function resolveTokenRequest(
  form: Form,
  grant: Grant,
  owner: { tenant: Tenant; oauth2: OAuth2Settings; client: Client },
): TokenRequest {
  const { client } = owner
  const scope = form.get('scope')
  const scopes = scope === undefined ? client.defaultScopes : parseScope(scope)
  checkScopes(scopes, client.scopes)
  const audienceParameter = form.get('audience')
  const requested = [
    ...form.getAll('resource'),
    ...(audienceParameter === undefined ? [] : [audienceParameter]),
  ]
  const audience = requestedAudience(requested, scopes, owner)
  const own = grant.parameters.flatMap((name) => {
    const value = form.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return { scopes, audience, parameters: Object.fromEntries(own) }
}
