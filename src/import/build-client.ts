import { formats } from '../config/formats.ts'
import { findWeakness } from '../config/rules/weak-secret.ts'
import { longestTokenLife } from '../config/schema-kinds.ts'
import type { Hashing } from '../platform/hashing.ts'
import { type GrantType, grantTypes, signsPeopleIn } from '../protocol/grant-types.ts'
import { isPeopleScope } from '../protocol/people/people-scopes.ts'
import { isReservedScope } from '../protocol/reserved-scopes.ts'
import { isRedirectUri } from '../protocol/url/redirect-uri.ts'
import { isResourceUri } from '../protocol/url/resource.ts'
import { isWebOrigin, isWebUrl } from '../protocol/url/web-url.ts'
import { noLifetime, secondsOf } from './foreign.ts'
import type { LeftOut, PlannedClient, PlannedSecret } from './import-plan.ts'

/** A client of another server in words that all of them have. */
export interface ForeignClient {
  readonly id: string
  readonly name?: string | undefined
  readonly active?: boolean
  readonly method: 'secret' | 'client_secret_basic' | 'client_secret_post' | 'none' | 'private_key_jwt'
  readonly jwks?: unknown
  /** In clear, or a hash. */
  readonly secret?: string | undefined
  readonly grants: readonly string[]
  readonly scopes: readonly string[]
  readonly defaultScopes?: readonly string[]
  readonly redirectUris: readonly string[]
  readonly logoutUris: readonly string[]
  readonly origins: readonly string[]
  readonly resources?: readonly string[]
  readonly backchannelLogoutUri?: string | undefined
  /** Whether people are asked for their consent. */
  readonly asksConsent: boolean
  readonly requiresPkce: boolean
  readonly accessTokenTtl?: unknown
  readonly signsUserinfo?: boolean
}

export interface BuiltClient {
  /** Undefined: it cannot come over. */
  readonly client: PlannedClient | undefined
  readonly leftOut: readonly LeftOut[]
}

/**
 * Makes the settings that a client has here. What this server does not have, or does not allow, is named. A file never gives a client
 * scopes that manage this server.
 */
export function buildClient(foreign: ForeignClient, hashing: Pick<Hashing, 'sha256'>): BuiltClient {
  const leftOut: LeftOut[] = []
  const what = `client '${foreign.id}'`
  const note: Note = (thing, why) => void leftOut.push({ what: `${what}: ${thing}`, why, isExpected: false })
  const redirectUris = sift(
    foreign.redirectUris,
    { thing: 'redirect URI', isGood: isWholeUri, why: wholeUri },
    note,
  )
  const grant_types = siftGrants(foreign, redirectUris.length > 0, note)
  if (grant_types.length === 0) {
    const why =
      'it has no grant that there is here (authorization code, refresh token, client credentials, device code)'
    return { client: undefined, leftOut: [...leftOut, { what, why, isExpected: false }] }
  }
  const { name, method, active = true, defaultScopes, accessTokenTtl } = foreign
  const asked = foreign.scopes.filter((scope) => !isPeopleScope(scope))
  const scopes = sift(
    asked,
    { thing: 'scope', isGood: isPlainScope, why: 'no file gives it to a client' },
    note,
  )
  const resources = sift(
    foreign.resources ?? [],
    { thing: 'audience', isGood: isResourceUri, why: noUri },
    note,
  )
  const ttl = readTtl(accessTokenTtl, note)
  const patch = {
    ...(name !== undefined && { name }),
    ...{ active, grant_types, scopes, resources },
    ...(method !== 'secret' && { token_endpoint_auth_method: method }),
    ...(method === 'private_key_jwt' && { jwks: foreign.jwks }),
    ...(defaultScopes && { default_scopes: defaultScopes.filter((scope) => scopes.includes(scope)) }),
    ...(ttl !== undefined && { access_token_ttl: ttl }),
    ...(signsPeopleIn(grant_types) && patchOfPeople(foreign, redirectUris, note)),
  }
  return { client: { id: foreign.id, patch, secret: planSecret(foreign, hashing, note) }, leftOut }
}

function readTtl(value: unknown, note: Note): number | undefined {
  const seconds = secondsOf(value)
  if (seconds !== undefined && seconds <= longestTokenLife) return seconds
  if (value !== undefined && value !== null && value !== '') note('access token lifetime', noLifetime)
  return undefined
}

/** Other servers take a star as any text. Here it is compared as it is, so such a URI would match nothing. */
function isWholeUri(uri: string): boolean {
  return isRedirectUri(uri) && !uri.includes('*')
}

const wholeUri = 'only a whole URI without a wildcard is one here'
const noUri = 'only an absolute URI can be asked for here; give others to the tenant as its audience'

interface Sieve {
  /** What a value is, for people. */
  readonly thing: string
  readonly isGood: (value: string) => boolean
  readonly why: string
}

/** The good values, each once. The others are named. */
function sift(values: readonly string[], { thing, isGood, why }: Sieve, note: Note): string[] {
  return [...new Set(values)].filter((value) => {
    if (!isGood(value)) note(`${thing} '${value}'`, why)
    return isGood(value)
  })
}

/** The settings of a client that signs people in. */
function patchOfPeople(foreign: ForeignClient, redirect_uris: readonly string[], note: Note) {
  const isPublic = foreign.method === 'none'
  const { backchannelLogoutUri } = foreign
  const given = backchannelLogoutUri === undefined ? [] : [backchannelLogoutUri]
  const [backchannel_logout_uri] = sift(
    given,
    { thing: 'back-channel logout URI', isGood: isWebUrl, why: 'it is no http(s) URL' },
    note,
  )
  const afterwards = { thing: 'URI after sign-out', isGood: isWholeUri, why: wholeUri }
  const origins = {
    thing: 'origin',
    isGood: isWebOrigin,
    why: 'only one such as https://app.example.com is good here',
  }
  return {
    redirect_uris,
    post_logout_redirect_uris: sift(foreign.logoutUris, afterwards, note),
    allowed_origins: sift(foreign.origins, origins, note),
    ...(backchannel_logout_uri !== undefined && { backchannel_logout_uri }),
    consent: foreign.asksConsent || isPublic ? 'remember' : 'skip',
    require_pkce: foreign.requiresPkce || isPublic,
    ...(foreign.signsUserinfo && { userinfo_signed: true }),
  }
}

type Note = (thing: string, why: string) => void

const grantNames: ReadonlySet<string> = new Set(grantTypes)
const alwaysThere = new Set(['refresh_token'])

function siftGrants({ grants, method }: ForeignClient, hasRedirect: boolean, note: Note): GrantType[] {
  const known = [...new Set(grants)].filter((grant): grant is GrantType => {
    if (!grantNames.has(grant)) note(`grant ${grant}`, 'there is no such grant here')
    return grantNames.has(grant)
  })
  const kept = known.filter((grant) => {
    if (grant === 'client_credentials' && method === 'none') {
      note(`grant ${grant}`, 'a public client cannot use it')
      return false
    }
    if (grant === 'authorization_code' && !hasRedirect) {
      note(`grant ${grant}`, 'it has no redirect URI that is good here')
      return false
    }
    return true
  })
  return signsPeopleIn(kept) ? kept : kept.filter((grant) => !alwaysThere.has(grant))
}

function isPlainScope(scope: string): boolean {
  return formats['scope']?.accepts(scope) === true && !isReservedScope(scope)
}

/** What looks like the hash of a password or a mask is never taken for a secret in clear. */
const looksHashed = /^(?:\$[a-z0-9-]+\$|sha256:|\{[A-Za-z0-9-]+\})/
const masked = /^[*•]+$/

function planSecret(
  { method, secret }: ForeignClient,
  { sha256 }: Pick<Hashing, 'sha256'>,
  note: Note,
): PlannedSecret {
  if (method === 'none' || method === 'private_key_jwt') return { kind: 'none' }
  if (secret === undefined || masked.test(secret)) {
    note('secret', 'the file does not have it; make one with grantd secret rotate')
    return { kind: 'missing' }
  }
  if (formats['secret-hash']?.accepts(secret)) return { kind: 'hash', hash: secret }
  if (!looksHashed.test(secret)) {
    const isWeak = findWeakness(secret) !== undefined
    return { kind: 'hash', hash: `sha256:${sha256(secret).toHex()}`, ...(isWeak && { isWeak }) }
  }
  note(
    'secret',
    'its hash is of a kind that is not known here (sha256, argon2id and bcrypt are); make one with grantd secret rotate',
  )
  return { kind: 'missing' }
}
