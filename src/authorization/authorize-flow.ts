import { isPublic } from '../protocol/client-authentication.ts'
import { isOfNativeApp } from '../protocol/url/redirect-uri.ts'
import { noteClient } from '../sessions/sessions.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import type { OAuth2Tenant } from '../tenants/tenant.ts'
import { issueCode } from '../tokens/people/codes.ts'
import { mayAllowScope } from '../tokens/people/people-rights.ts'
import { keepAllowed, scopesOfClaims } from '../tokens/people/person-claims.ts'
import type { Ask } from './advance.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { makeClientAnswer } from './client-answer.ts'
import type { Flow, FlowAnswer } from './flow.ts'

export type AuthorizeDeps = Parameters<typeof issueCode>[2]

/** The flow of an authorization request that passed every check. */
export function authorizeFlow(request: AuthorizationRequest, of: OAuth2Tenant, deps: AuthorizeDeps): Flow {
  const { client, scopes, claims, prompt, maxAge, hintedSub, loginHint, uiLocales, redirectUri } = request
  const mayAllow = (scope: string) => mayAllowScope(scope, { tenant: of.tenant, client })
  const named = scopesOfClaims({ ...claims?.userinfo, ...claims?.id_token }, of.tenant, mayAllow)
  // Nothing else is kept, because a client that gets more scopes later must ask the person for what they bring.
  const wanted = claims && {
    userinfo: keepAllowed(claims.userinfo ?? {}, of.tenant, mayAllow),
    id_token: keepAllowed(claims.id_token ?? {}, of.tenant, mayAllow),
  }
  return {
    client,
    ask: { scopes, prompt, maxAge, hintedSub, consent: consentOf(client, redirectUri) },
    asked: [...new Set([...scopes, ...named])],
    ...{ loginHint, uiLocales, redirectUri, isDevice: false, isDecided: false },
    finish: (signedIn) => answerCode({ ...request, claims: wanted }, signedIn, { of, deps }),
    refuse: async (error, error_description) => ({
      to: 'client',
      hasCode: false,
      answer: makeClientAnswer(request, { error, error_description }, of.tenant.issuer),
    }),
  }
}

/**
 * When the person is asked. Every program of a device can name a public client, and some can take its redirect URI. So what was allowed before
 * lets none of them in without a question (RFC 8252 section 8.6).
 */
function consentOf(client: AuthorizationRequest['client'], redirectUri: string): Ask['consent'] {
  const isTakeable = isPublic(client.token_endpoint_auth_method) && isOfNativeApp(redirectUri)
  return client.consent === 'remember' && isTakeable ? 'always' : client.consent
}

async function answerCode(
  request: AuthorizationRequest,
  { session, asOf }: SignedIn,
  { of, deps }: { of: OAuth2Tenant; deps: AuthorizeDeps },
): Promise<FlowAnswer | undefined> {
  const { client, scopes, audience, nonce, claims, redirectUri, codeChallenge } = request
  const { sid, sub, authTime, amr, acr } = session
  if (!(await isNoted(session, client.id, { tenantId: of.tenant.id, deps }))) return undefined
  const content = {
    ...{ clientId: client.id, sub, scopes, audience, redirectUri, codeChallenge },
    ...{ madeAt: asOf, authTime, amr, acr, sid, offline: scopes.includes('offline_access') },
    ...(nonce !== undefined && { nonce }),
    ...(claims && { claims }),
  }
  const code = await issueCode(content, { ...of, client }, deps)
  return {
    to: 'client',
    hasCode: true,
    answer: makeClientAnswer(request, { code }, of.tenant.issuer),
  }
}

/**
 * Notes in the session that the client gets a code, before the code exists, so that a sign-out which it overtakes tells this client too.
 * Returns false if the session has ended. One that has the client already is not read again: a code of an ended session cannot be
 * redeemed, and one of offline_access outlives its session anyway.
 */
async function isNoted(
  { sid, clients }: SignedIn['session'],
  clientId: string,
  { tenantId, deps }: { readonly tenantId: string; readonly deps: AuthorizeDeps },
): Promise<boolean> {
  return clients.includes(clientId) || noteClient(tenantId, { sid, clientId }, deps)
}
