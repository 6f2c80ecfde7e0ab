import { Elysia } from 'elysia'
import type { Client } from '../clients/client.ts'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { authenticateRequest } from '../http/authenticate-client.ts'
import { answer, authenticationErrors, formBody, tenantParameter } from '../http/openapi-parts.ts'
import { auditRefusal } from '../http/record-event.ts'
import { parseForm } from '../http/request/form.ts'
import { notesOf } from '../http/request/request-notes.ts'
import { getOAuth2Tenant } from '../http/tenant-of-path.ts'
import { type Finding, OAuthError } from '../protocol/errors.ts'
import { quoted } from '../protocol/finding-words.ts'
import { type Confirmation, IntrospectionResponse, TokenParameter } from '../protocol/messages.ts'
import { staticClaimsOf } from '../protocol/static-claims.ts'
import type { OAuth2Tenant, Tenant } from '../tenants/tenant.ts'
import { parseRefreshToken } from '../tokens/people/family-secrets.ts'
import { mayAllowScope } from '../tokens/people/people-rights.ts'
import { findActiveRefreshToken } from '../tokens/people/refresh.ts'
import { isApiKey, type TokenClaims } from '../tokens/token-claims.ts'
import type { TokenOwner } from '../tokens/token-owner.ts'
import { type VerifiedToken, verifyToken } from '../tokens/verify.ts'

/** `POST /api/v1/tenant/{tenant}/oauth/introspect` (RFC 7662 section 2). */
export const introspectEndpoint = (deps: Deps) =>
  new Elysia().post(
    '/api/v1/tenant/:tenant/oauth/introspect',
    async ({ request, params }) => {
      const found = await getOAuth2Tenant(request, params.tenant, deps)
      return auditRefusal(
        request,
        { type: 'introspection.refused', tenant: found.tenant.id },
        { deps, work: () => introspect(request, found, deps) },
      )
    },
    { parse: 'none', detail },
  )

async function introspect(request: Request, found: OAuth2Tenant, deps: Deps): Promise<Response> {
  const { tenant } = found
  const form = await parseForm(request)
  const { client, proof } = await authenticateRequest(request, form, { tenant, deps })
  // Without a proof anybody could try tokens here (RFC 7662 section 4).
  if (proof.kind === 'none')
    throw new OAuthError('invalid_client', 'Client authentication failed', {
      finding: { check: 'who may ask', saw: 'a public client', wanted: 'a client with a secret or keys' },
    })
  const token = form.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'Missing token parameter')
  const owner = { ...found, client }
  const onInactive = (finding: Finding | undefined) => {
    notesOf(request).finding = finding ?? { check: 'token' }
  }
  const describe = parseRefreshToken(token) ? describeRefresh : describeSigned
  return json(await describe(token, owner, { ...deps, onInactive }))
}

interface IntrospectDeps extends Deps {
  /** Called with the reason why the answer is "not active". */
  readonly onInactive: (finding: Finding | undefined) => void
}

async function describeSigned(
  token: string,
  { tenant, client }: TokenOwner,
  deps: IntrospectDeps,
): Promise<IntrospectionResponse> {
  const verified = await findActive(token, tenant, deps)
  if (!verified) return inactive
  if (mayIntrospect(client, verified.claims)) return renderActive(verified)
  deps.onInactive({
    check: 'who may ask',
    saw: `the client ${quoted(client.id)} asks about a token of ${quoted(verified.claims.client_id)}`,
    wanted: 'a token of its own, or introspect: true of the client',
  })
  return inactive
}

/**
 * Only the client of a refresh token may ask about it: an API that asks about every token that it gets must not take a refresh token for an
 * access token.
 */
async function describeRefresh(
  token: string,
  owner: TokenOwner,
  deps: IntrospectDeps,
): Promise<IntrospectionResponse> {
  const active = await findActiveRefreshToken(token, owner, deps)
  if (!active) return inactive
  const { client_id, created_at, sub } = active.family
  const scopes = active.family.scopes.filter((scope) => mayAllowScope(scope, owner))
  return {
    active: true,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    client_id,
    exp: Math.floor(active.end / 1000),
    iat: Math.floor(created_at / 1000),
    sub,
    iss: owner.tenant.issuer,
  }
}

/** The answer for a token that is not active, or that this client may not introspect (RFC 7662 section 2.2). */
const inactive: IntrospectionResponse = { active: false }

/** The token, if it is a valid token of this tenant; undefined for any other text. */
async function findActive(
  token: string,
  tenant: Tenant,
  deps: IntrospectDeps,
): Promise<VerifiedToken | undefined> {
  try {
    return await verifyToken(token, { tenantId: tenant.id }, deps)
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== 'invalid_token') throw error
    deps.onInactive(error.finding)
    return undefined
  }
}

function mayIntrospect(client: Client, { client_id }: TokenClaims): boolean {
  return client.introspect || client.id === client_id
}

/** The claims of a person's sign-in, where `oidc.access_token_claims` has put them into the token. */
const signInClaims = ['auth_time', 'acr', 'amr', 'sid'] as const

/** With `cnf`, an API learns which key the sender must prove to have (RFC 8705 section 3.2). */
function renderActive({
  claims,
  scopes,
  ofPerson,
}: VerifiedToken): IntrospectionResponse & { cnf?: Confirmation | undefined } {
  const { client_id, exp, iat, sub, aud, iss, jti } = claims
  return {
    active: true,
    // Optional (RFC 7662 section 2.2). RFC 6749 section 3.3 has no empty scope.
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    client_id,
    token_type: 'Bearer',
    ...(exp !== undefined && { exp }),
    iat,
    sub,
    aud,
    iss,
    jti,
    ...staticClaimsOf(claims),
    ...(ofPerson &&
      !isApiKey(claims) &&
      Object.fromEntries(signInClaims.flatMap((name) => (name in claims ? [[name, claims[name]]] : [])))),
    ...('cnf' in claims && { cnf: claims.cnf }),
    ...(isApiKey(claims) && { tenant_id: claims.tenant_id, api_key: true as const }),
  }
}

const detail = {
  tags: ['Tokens'],
  operationId: 'introspectToken',
  summary: 'Ask whether a token is active',
  description: [
    'For an API that wants to know more than a signature says: whether the token was revoked (RFC 7662). The caller',
    'authenticates as a client. One with `introspect: true` may ask about every token of the tenant, any other about its',
    'own, and about refresh tokens its own alone; about what it may not know, about an unknown and about a dead token the answer is the same. `scope` has those',
    'scopes of the token that its client has now too; a token that has none left is active, and has no `scope`.',
  ].join('\n'),
  ...formBody(TokenParameter, { token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln' }),
  parameters: [tenantParameter],
  responses: {
    200: answer('What the token says, or that it is not active', IntrospectionResponse, {
      active: true,
      scope: 'api:read api:write',
      client_id: 'your-client-id',
      token_type: 'Bearer',
      exp: 1893459600,
      iat: 1893456000,
      sub: 'your-client-id',
      aud: ['your-api'],
      iss: 'https://auth.example.com',
      jti: 'AAAAAAAAAAAAAAAAAAAAAA',
    }),
    ...authenticationErrors(['invalid_request', 'Missing token parameter']),
  },
}
