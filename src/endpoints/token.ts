import { Elysia } from 'elysia'
import { authenticateClient } from '../clients/authenticate.ts'
import type { Client } from '../clients/client.ts'
import type { Deps } from '../deps.ts'
import type { Grant, TokenRequest } from '../grants/grant.ts'
import { findGrant } from '../grants/registry.ts'
import { parseBasic } from '../http/basic.ts'
import { type Form, parseForm } from '../http/form.ts'
import { json } from '../http/json.ts'
import { noStore } from '../http/no-store.ts'
import { notesOf } from '../http/request-notes.ts'
import { getOAuth2Tenant } from '../http/tenant.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { TokenResponse } from '../protocol/messages.ts'
import { resolveAudience } from '../protocol/resource.ts'
import { checkScopes, parseScope } from '../protocol/scope.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import { issueTokens } from '../tokens/issue.ts'
import { tokenDetail } from './token-detail.ts'

/** `POST /api/v1/tenant/{tenant}/oauth/token` (RFC 6749 section 3.2). */
export const tokenEndpoint = (deps: Deps) =>
  new Elysia().post(
    '/api/v1/tenant/:tenant/oauth/token',
    async ({ request, params }) => {
      const answer = await answerTokenRequest(request, getOAuth2Tenant(request, params.tenant, deps), deps)
      return json(answer, { headers: noStore })
    },
    { parse: 'none', detail: tokenDetail },
  )

interface OAuth2Tenant {
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
}

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
  const client = await authenticate(request, form, { tenant, deps })
  // 3. May this client use this grant?
  checkGrantAllowed(client, grant)
  // 4. Which scopes, for which API?
  const tokenRequest = resolveTokenRequest(form, grant, { client, oauth2 })
  // 5. What does the grant itself say?
  const authorization = await grant.authorize(tokenRequest, client)
  // 6. Mint.
  return issueTokens({ tenant, oauth2, client, authorization }, deps)
}

function getGrant(form: Form): Grant {
  const type = form.get('grant_type')
  if (type === undefined) throw new OAuthError('invalid_request', 'Missing grant_type parameter')
  const grant = findGrant(type)
  if (!grant) throw new OAuthError('unsupported_grant_type', 'The grant type is not supported')
  return grant
}

async function authenticate(
  request: Request,
  form: Form,
  { tenant, deps }: { tenant: Tenant; deps: Deps },
): Promise<Client> {
  const clients = deps.clients.of(tenant.id)
  const presented = {
    basic: parseBasic(request.headers.get('authorization')),
    clientId: form.get('client_id'),
    clientSecret: form.get('client_secret'),
  }
  const claimed = typeof presented.basic === 'object' ? presented.basic.clientId : presented.clientId
  const notes = notesOf(request)
  notes.clientId = claimed === undefined ? undefined : clients.find(claimed)?.id
  const findSignal = () => request.signal
  return authenticateClient(presented, { ...deps, clients, findSignal, tenantId: tenant.id })
}

function checkGrantAllowed(client: Client, { type }: Grant): void {
  if (client.grantTypes.includes(type)) return
  throw new OAuthError('unauthorized_client', 'The client is not allowed to use this grant type')
}

function resolveTokenRequest(
  form: Form,
  grant: Grant,
  { client, oauth2 }: { client: Client; oauth2: OAuth2Settings },
): TokenRequest {
  const scope = form.get('scope')
  const scopes = scope === undefined ? client.defaultScopes : parseScope(scope)
  checkScopes(scopes, client.scopes)
  const byDefault = client.audience ?? oauth2.audience
  const audienceParameter = form.get('audience')
  const requested = [
    ...form.getAll('resource'),
    ...(audienceParameter === undefined ? [] : [audienceParameter]),
  ]
  const audience = resolveAudience(requested, { byDefault, allowed: [...byDefault, ...client.resources] })
  const own = grant.parameters.flatMap((name) => {
    const value = form.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return { scopes, audience, parameters: Object.fromEntries(own) }
}
