import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import type { Grant, TokenRequest } from '../grants/grant.ts'
import { findGrant } from '../grants/grant-table.ts'
import { allowOriginsOf, answerClientPreflights } from '../http/answer/cors.ts'
import { json } from '../http/answer/json.ts'
import { authenticateRequest } from '../http/authenticate-client.ts'
import { auditRefusal, recordAudit } from '../http/record-event.ts'
import { type Form, parseForm } from '../http/request/form.ts'
import { getOAuth2Tenant } from '../http/tenant-of-path.ts'
import { OAuthError } from '../protocol/errors.ts'
import { named, oneOf } from '../protocol/finding-words.ts'
import { grantTypes } from '../protocol/grant-types.ts'
import { checkScopes, parseScope } from '../protocol/scope.ts'
import type { OAuth2Tenant, Tenant } from '../tenants/tenant.ts'
import { requestedAudience } from '../tokens/audience.ts'
import type { Authorization } from '../tokens/authorization.ts'
import { type IssuedTokens, issueTokens } from '../tokens/issue.ts'
import { FamilyEndedError } from '../tokens/people/family-ended-error.ts'
import { mayAllowScope } from '../tokens/people/people-rights.ts'
import { checkClientKind } from './token-checks/client-kind.ts'
import { checkGrantAllowed } from './token-checks/grant-allowed.ts'
import type { CheckedRequest, TokenCheck } from './token-checks/token-check.ts'
import { withinRate } from './token-checks/token-rate.ts'
import { countWrongCode } from './token-checks/wrong-code.ts'
import { tokenDetail } from './token-detail.ts'

const path = '/api/v1/tenant/:tenant/oauth/token'

/** `POST /api/v1/tenant/{tenant}/oauth/token` (RFC 6749 section 3.2). */
export const tokenEndpoint = (deps: Deps) =>
  new Elysia().use(answerClientPreflights(path, ['POST'], deps)).post(
    path,
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

/** The checks of phase 3, in their order. Each is a file of token-checks/. */
const checks: readonly TokenCheck[] = [checkGrantAllowed, checkClientKind]

/** The phases of every token request: first the syntax, then the client, then the rights of the client. */
async function answerTokenRequest(
  request: Request,
  { tenant, oauth2 }: OAuth2Tenant,
  deps: Deps,
): Promise<IssuedTokens['response']> {
  // 1. Parse the form and find the grant.
  const form = await parseForm(request)
  const grant = getGrant(form, tenant)
  // 2. Authenticate the client.
  const { client, proof } = await authenticateRequest(request, form, { tenant, deps })
  allowOriginsOf(request, client)
  // 3. Check whether this client may send this request.
  const asked = { request, form, grant, tenant, oauth2, client, proof }
  for (const check of checks) check(asked)
  // 4. Resolve scopes and audience.
  const tokenRequest = resolveTokenRequest(asked)
  // 5. Count the answer, and run the grant.
  try {
    return await withinRate(asked, deps, () => answerTokens(asked, tokenRequest, deps))
  } catch (error) {
    if (error instanceof FamilyEndedError) noteReplay(asked, error, deps)
    throw countWrongCode(error, asked, deps)
  }
}

async function answerTokens(
  asked: CheckedRequest,
  tokenRequest: TokenRequest,
  deps: Deps,
): Promise<IssuedTokens['response']> {
  const { grant, tenant, oauth2, client } = asked
  const authorization = await grant.authorize(tokenRequest, deps)
  checkGranted(authorization, asked)
  // 6. Issue the tokens.
  const { shareable = false } = grant
  const issued = await issueTokens({ tenant, oauth2, client, authorization, shareable }, deps)
  noteIssued(asked, issued, deps)
  return issued.response
}

/** Grants of others, which people try here. */
const others = [
  'password',
  'implicit',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]

/** A grant of people is unknown where there are none. */
function getGrant(form: Form, { oidc }: Tenant): Grant {
  const type = form.get('grant_type')
  if (type === undefined)
    throw new OAuthError('invalid_request', 'Missing grant_type parameter', {
      finding: { check: 'grant_type', saw: 'a form without grant_type', wanted: oneOf(grantTypes) },
    })
  const grant = findGrant(type)
  if (!grant || (grant.isOfPeople && !oidc))
    throw new OAuthError('unsupported_grant_type', 'The grant type is not supported', {
      finding: grant
        ? {
            check: 'grant_type',
            saw: `${type}, and the tenant signs nobody in`,
            wanted: 'oidc of the tenant',
          }
        : { check: 'grant_type', saw: named(type, others), wanted: oneOf(grantTypes) },
    })
  return grant
}

function resolveTokenRequest({ form, grant, tenant, oauth2, client }: CheckedRequest): TokenRequest {
  const owner = { tenant, oauth2, client }
  const scopes = resolveScopes(form, grant, { client, oauth2 })
  const audienceParameter = form.get('audience')
  const requested = [
    ...form.getAll('resource'),
    ...(audienceParameter === undefined ? [] : [audienceParameter]),
  ]
  const own = Object.keys(grant.parameters).flatMap((name) => {
    const value = form.get(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...owner,
    scopes,
    audience: grant.audiencePolicy === 'own' ? [] : requestedAudience(requested, scopes, owner),
    resources: requested,
    parameters: Object.fromEntries(own),
  }
}

function resolveScopes(
  form: Form,
  { scopePolicy }: Grant,
  { client, oauth2 }: Pick<CheckedRequest, 'client' | 'oauth2'>,
): readonly string[] {
  if (scopePolicy === 'none') return []
  const scope = form.get('scope')
  if (scopePolicy === 'own') return scope === undefined ? [] : parseScope(scope)
  const scopes = scope === undefined ? client.default_scopes : parseScope(scope)
  checkScopes(scopes, client.scopes, Object.keys(oauth2.scopes))
  return scopes
}

/** No grant can give a client more than it may have. */
function checkGranted({ scopes, person }: Authorization, { grant, tenant, client }: CheckedRequest): void {
  if (grant.scopePolicy === 'requested') return
  const allowed = person ? scopes.filter((scope) => mayAllowScope(scope, { tenant, client })) : client.scopes
  checkScopes(scopes, allowed)
}

function noteIssued(
  { request, grant, tenant, client }: CheckedRequest,
  { response, tokenId, algorithm, subject }: IssuedTokens,
  deps: Deps,
): void {
  deps.metrics?.countToken(grant.type, algorithm)
  recordAudit(
    request,
    {
      type: 'token.issued',
      tenant: tenant.id,
      outcome: 'success',
      actor: client.id,
      client: client.id,
      detail: {
        jti: tokenId,
        grant_type: grant.type,
        ...(grant.isOfPeople && { sub: subject }),
        ...(response.scope && { scope: response.scope }),
      },
    },
    deps,
  )
}

const replayEvents = { code: 'code.replayed', refresh_token: 'refresh_token.reused' } as const

function noteReplay(
  { request, tenant, client }: CheckedRequest,
  { replayed, ended: { sub, familyId } }: FamilyEndedError,
  deps: Deps,
): void {
  deps.metrics?.countReplay(replayed)
  recordAudit(
    request,
    {
      type: replayEvents[replayed],
      tenant: tenant.id,
      outcome: 'refused',
      actor: client.id,
      client: client.id,
      detail: { sub, family: familyId },
    },
    deps,
  )
}
