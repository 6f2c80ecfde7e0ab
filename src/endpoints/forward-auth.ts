import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { noStore } from '../http/answer/no-store.ts'
import { bearerChallenge, withBearerToken } from '../http/request/bearer.ts'
import { notesOf } from '../http/request/request-notes.ts'
import { getOAuth2Tenant } from '../http/tenant-of-path.ts'
import { OAuthError } from '../protocol/errors.ts'
import { parseScope } from '../protocol/scope.ts'
import { type VerifiedToken, verifyToken } from '../tokens/verify.ts'
import { forwardAuthByPostDetail, forwardAuthDetail } from './forward-auth-detail.ts'

const path = '/api/v1/tenant/:tenant/oauth/verify'

/**
 * `/api/v1/tenant/{tenant}/oauth/verify`: a proxy asks whether the request in front of it may pass (nginx auth_request, forward-auth of
 * Caddy and Traefik, ext_authz of Envoy). Answers 200 with the headers X-Auth-*, 401 or 403 as an API would (RFC 6750 section 3), or
 * 400 where the configuration of the proxy is wrong. Every method is the same, because some proxies send the one of the request.
 */
export const forwardAuthEndpoint = (deps: Deps) => {
  async function answer({ request, params }: { request: Request; params: { tenant: string } }) {
    const { tenant, oauth2 } = await getOAuth2Tenant(request, params.tenant, deps)
    const wanted = readWanted(request.url)
    const verified = await withBearerToken(request, (token) =>
      verifyToken(token, { tenantId: tenant.id }, deps),
    )
    notesOf(request).clientId = verified.claims.client_id
    checkAudience(verified, wanted.audience === undefined ? oauth2.audience : [wanted.audience])
    checkScopes(verified, wanted.scopes)
    return new Response(null, { headers: describe(verified) })
  }
  return (
    new Elysia()
      .get(path, answer, { detail: forwardAuthDetail })
      .post(path, answer, { parse: 'none', detail: forwardAuthByPostDetail })
      // Routes of other endpoints catch OPTIONS before `all` does.
      .options(path, answer, { detail: { hide: true } })
      .all(path, answer, { parse: 'none', detail: { hide: true } })
  )
}

interface Wanted {
  /** The token must have all of them. */
  readonly scopes: readonly string[]
  /** The token must be for it. Default: for an audience of the tenant. */
  readonly audience: string | undefined
}

/**
 * What the proxy asks for. Other parameters do not count, because Envoy adds those of the request. Throws `invalid_request` for a
 * parameter that is there twice, because the second one may be of the sender, and `invalid_scope`.
 */
function readWanted(url: string): Wanted {
  const at = url.indexOf('?')
  if (at < 0) return { scopes: [], audience: undefined }
  const query = new URLSearchParams(url.slice(at))
  const scope = takeOnce(query, 'scope')
  const audience = takeOnce(query, 'audience')
  if (audience?.trim() === '') throw new OAuthError('invalid_request', 'The parameter audience is empty')
  return { scopes: scope === undefined ? [] : parseScope(scope), audience }
}

function takeOnce(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name)
  if (more.length > 0) throw new OAuthError('invalid_request', 'A parameter was sent more than once')
  return value
}

function checkAudience({ claims }: VerifiedToken, audience: readonly string[]): void {
  if (audience.some((each) => claims.aud.includes(each))) return
  throw new OAuthError('invalid_token', 'The access token is for another API', {
    challenge: bearerChallenge(),
    cause: new Error('the aud has none of the wanted audiences'),
    finding: { check: 'audience', saw: claims.aud.join(' '), wanted: `one of ${audience.join(' ')}` },
  })
}

function checkScopes({ scopes }: VerifiedToken, wanted: readonly string[]): void {
  if (wanted.every((scope) => scopes.includes(scope))) return
  throw new OAuthError('insufficient_scope', 'The access token does not have the scopes that the API needs', {
    challenge: bearerChallenge(wanted.join(' ')),
    finding: { check: 'scope', saw: scopes.join(' ') || 'none', wanted: wanted.join(' ') },
  })
}

/** All headers are always there, so that a proxy which copies them leaves none of the sender's. */
function describe({ tenant, claims, scopes }: VerifiedToken): Record<string, string> {
  return {
    ...noStore,
    'X-Auth-Subject': headerText(claims.sub),
    'X-Auth-Client': headerText(claims.client_id),
    'X-Auth-Tenant': tenant.id,
    'X-Auth-Scopes': scopes.map(headerText).join(' '),
    'X-Auth-Token-Id': headerText(claims.jti),
  }
}

/** Any text as visible ASCII without spaces: every other character, the comma and the percent sign are percent-encoded. */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x24\x26-\x2b\x2d-\x7e]+/g, (run) => encodeURIComponent(run.toWellFormed()))
}
