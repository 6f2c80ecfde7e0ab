import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { noStore } from '../http/answer/no-store.ts'
import { bearerChallenge, withBearerToken } from '../http/request/bearer.ts'
import { notesOf } from '../http/request/request-notes.ts'
import { getOAuth2Tenant } from '../http/tenant-of-path.ts'
import { OAuthError, sentTwice } from '../protocol/errors.ts'
import { named, oneOf, quoted, uriText } from '../protocol/finding-words.ts'
import { parseScope } from '../protocol/scope.ts'
import type { OAuth2Tenant } from '../tenants/tenant.ts'
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
    checkAudience(verified, wanted.audience, oauth2)
    checkScopes(verified, wanted.scopes, oauth2)
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

/** Settings of the tenant. */
type Settings = Pick<OAuth2Tenant['oauth2'], 'audience' | 'scopes'>

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
  if (audience?.trim() === '')
    throw new OAuthError('invalid_request', 'The parameter audience is empty', {
      finding: {
        check: 'parameters',
        saw: 'an empty audience',
        wanted: 'the name of an API, or no audience',
      },
    })
  return { scopes: scope === undefined ? [] : parseScope(scope), audience }
}

function takeOnce(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name)
  if (more.length > 0) throw sentTwice(name)
  return value
}

function checkAudience({ claims }: VerifiedToken, asked: string | undefined, { audience }: Settings): void {
  const wanted = asked === undefined ? audience : [asked]
  if (wanted.some((each) => claims.aud.includes(each))) return
  const isOther = asked !== undefined && !audience.includes(asked)
  throw new OAuthError('invalid_token', 'The access token is for another API', {
    challenge: bearerChallenge(),
    cause: new Error('the aud has none of the wanted audiences'),
    finding: {
      check: 'audience',
      saw: `aud ${quoted(claims.aud)}`,
      wanted: isOther
        ? `the audience that the proxy asked for, ${uriText(asked)}; the tenant has ${quoted(audience)}`
        : oneOf(wanted),
    },
  })
}

function checkScopes(
  { scopes }: VerifiedToken,
  wanted: readonly string[],
  { scopes: declared }: Settings,
): void {
  if (wanted.every((scope) => scopes.includes(scope))) return
  const known = Object.keys(declared)
  const names = wanted.map((scope) => named(scope, known)).join(' and ')
  const isKnown = wanted.every((scope) => known.includes(scope))
  throw new OAuthError('insufficient_scope', 'The access token does not have the scopes that the API needs', {
    challenge: bearerChallenge(wanted.join(' ')),
    finding: {
      check: 'scope',
      saw: `a token with ${scopes.join(' ') || 'no scope'}`,
      wanted: isKnown ? names : `${names}, which the proxy asked for; the tenant has ${known.join(', ')}`,
    },
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
