import { Value } from '@sinclair/typebox/value'
import type { Client } from '../clients/client.ts'
import type { ClientRegistry } from '../clients/client-registry.ts'
import { JwtExpired, JwtInvalid, peekJwt, verifyJwtByKey } from '../keys/jwt.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { Hashing } from '../platform/hashing.ts'
import { OAuthError } from '../protocol/errors.ts'
import { AccessTokenClaims, ApiKeyClaims } from '../protocol/messages.ts'
import type { LastUse } from '../storage/last-use.ts'
import type { Storage } from '../storage/storage.ts'
import type { OAuth2Settings, Tenant } from '../tenants/tenant.ts'
import type { TenantRegistry } from '../tenants/tenant-registry.ts'
import { largestToken } from './access-token.ts'
import { getStandingApiKey, type StandingApiKey } from './api-keys/api-key-standing.ts'
import { isEntitled } from './audience.ts'
import { findRevocation } from './revocations.ts'
import type { SignedTokens } from './signed-tokens.ts'
import type { RememberedToken, VerifiedTokens } from './verified-tokens.ts'

export interface VerifyDeps {
  readonly tenants: TenantRegistry
  readonly clients: ClientRegistry
  readonly keyring: Keyring
  readonly storage: Storage
  readonly hashing: Hashing
  readonly lastUse: LastUse
  readonly verifiedTokens: VerifiedTokens
  /** Left out: this process has signed none. */
  readonly signedTokens?: SignedTokens
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Up to when (ms) what expired is forgotten: a token that expired by then stays so, whatever the clock says. */
  readonly expiryCutoff: () => number
}

export type TokenClaims = AccessTokenClaims | ApiKeyClaims

/** A token that was checked in all that it claims. */
export interface VerifiedToken {
  readonly tenant: Tenant
  readonly claims: TokenClaims
  /** The client whose token it is, as it is now. */
  readonly client: Client
  /**
   * Those of the token that the client has now too, and of an API key that the tenant allows to API keys now, in the order of the token:
   * a right counts when it is used.
   */
  readonly scopes: readonly string[]
  /** Undefined for an access token. */
  readonly apiKey: StandingApiKey | undefined
}

/**
 * Checks an access token or an API key of any active tenant: signature by one of its keys, iss, aud, exp, iat, typ, that it
 * was not revoked, and that its client is still active and still entitled to the audience. Throws `invalid_token` (RFC
 * 6750 section 3.1), and StorageError where what was revoked cannot be looked up.
 */
export async function verifyToken(token: string, deps: VerifyDeps): Promise<VerifiedToken> {
  return verifyFound(token, await findTenant(token, deps), deps)
}

/** Like {@link verifyToken}, for a token of this tenant alone: one of any other leaves no trace there. */
export async function verifyTokenOf(
  tenantId: string,
  token: string,
  deps: VerifyDeps,
): Promise<VerifiedToken> {
  const tenant = await findTenant(token, deps)
  if (tenant && tenant.id !== tenantId) throw refuse('a token of another tenant')
  return verifyFound(token, tenant, deps)
}

async function verifyFound(
  token: string,
  tenant: Tenant | undefined,
  deps: VerifyDeps,
): Promise<VerifiedToken> {
  if (!tenant?.oauth2) throw refuse('not a JWT of one of our issuers')
  const claims = await verifyClaims(token, { tenant, oauth2: tenant.oauth2, allowFuture: false }, deps)
  const { client, apiKey } = await checkStanding(token, { claims, tenant, oauth2: tenant.oauth2 }, deps)
  return { tenant, claims, client, scopes: scopesNow(claims, client, tenant), apiKey }
}

function scopesNow(claims: TokenClaims, client: Client, { api_keys }: Tenant): readonly string[] {
  const { scope } = claims
  if (scope === undefined) return []
  const scopes = scope.split(' ').filter((each) => client.scopes.includes(each))
  return isApiKey(claims) ? scopes.filter((each) => api_keys?.allowed_scopes.includes(each)) : scopes
}

async function findTenant(
  token: string,
  { tenants, verifiedTokens }: VerifyDeps,
): Promise<Tenant | undefined> {
  checkSize(token)
  const issuer = (verifiedTokens.find(token)?.claims ?? peekClaims(token))?.iss
  return issuer === undefined ? undefined : tenants.findByIssuer(issuer)
}

function peekClaims(token: string): { readonly iss: string } | undefined {
  const peeked = peekJwt(token)
  return peeked && { iss: peeked.issuer }
}

function checkSize(token: string): void {
  if (token.length > largestToken) throw refuse('longer than a token can be')
}

interface OAuth2Tenant {
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
}

/**
 * The claims of a token that this tenant signed and that is not expired, to revoke it. Whether it was revoked already is not
 * looked at, nor whether its time has come: what a clock that was ahead issued must not come alive later. Throws
 * `invalid_token`.
 */
export async function verifySignedToken(
  token: string,
  found: OAuth2Tenant,
  deps: VerifyDeps,
): Promise<TokenClaims> {
  checkSize(token)
  return verifyClaims(token, { ...found, allowFuture: true }, deps)
}

interface Signed extends OAuth2Tenant {
  /** Whether a token may have been issued later than now. */
  readonly allowFuture: boolean
}

async function verifyClaims(token: string, signed: Signed, deps: VerifyDeps): Promise<TokenClaims> {
  const claims = (await recall(token, signed, deps)) ?? (await verifyWithKeys(token, signed, deps))
  if (claims.exp !== undefined && claims.exp * 1000 <= deps.expiryCutoff()) throw expired()
  return claims
}

/**
 * The claims of a token whose signature was made or checked here before, if all that may have changed since then is as it has to
 * be; undefined: it is to be looked at anew, and what is wrong with it will be said then.
 */
async function recall(
  token: string,
  { tenant, oauth2, allowFuture }: Signed,
  deps: VerifyDeps,
): Promise<TokenClaims | undefined> {
  const keys = await deps.keyring.of(tenant.id, tenant.generation)
  const verified = deps.verifiedTokens.find(token)
  const found = verified ?? findSigned(token, keys, deps)
  if (!found) return undefined
  // One that is about to be revoked is not looked at again.
  if (!verified && !allowFuture) deps.verifiedTokens.keep(token, found)
  const { key, typ, claims } = found
  const isOfNow =
    // The very key, not one of its kid: it may have been taken out of the ring, or another put in its place.
    keys.find(key.kid) === key &&
    typesOf(oauth2).includes(typ) &&
    claims.iss === tenant.issuer &&
    (claims.exp === undefined || claims.exp > Math.floor(deps.now() / 1000)) &&
    (allowFuture || claims.iat * 1000 <= deps.now())
  return isOfNow ? claims : undefined
}

/** A token that this process has signed itself: what it says needs no check but of the digest of its bytes. */
function findSigned(
  token: string,
  keys: TenantKeys,
  { signedTokens }: VerifyDeps,
): RememberedToken | undefined {
  const read = signedTokens && peekJwt(token)
  const key = read && keys.find(read.kid)
  if (!read?.typ || !key || !signedTokens.has(token, key)) return undefined
  return { key, typ: read.typ, claims: read.claims as AccessTokenClaims }
}

/** at+jwt is an access token wherever it comes from; the other typ is one only where the tenant says so. */
function typesOf({ access_token_typ }: OAuth2Settings): readonly string[] {
  return [access_token_typ, 'at+jwt']
}

/** An access token always expires; an API key says that it is one. */
function readTokenClaims(payload: unknown): TokenClaims | undefined {
  if (typeof payload === 'object' && payload !== null && 'api_key' in payload) {
    return Value.Check(ApiKeyClaims, payload) ? payload : undefined
  }
  return Value.Check(AccessTokenClaims, payload) ? payload : undefined
}

export function isApiKey(claims: TokenClaims): claims is ApiKeyClaims {
  return 'api_key' in claims
}

interface Standing extends OAuth2Tenant {
  readonly claims: TokenClaims
}

/** What only this server can know of a token that is good by itself. */
async function checkStanding(
  token: string,
  { claims, tenant, oauth2 }: Standing,
  deps: VerifyDeps,
): Promise<Pick<VerifiedToken, 'client' | 'apiKey'>> {
  const [client, apiKey, isRevokedAt] = await Promise.all([
    getActiveClient(claims.client_id, tenant, deps),
    isApiKey(claims) ? getStandingApiKey(token, { claims, tenant }, deps) : undefined,
    findRevocation(deps.storage, tenant.id, claims),
  ])
  // However young its token is, a key counts from when it was made.
  const since = apiKey ? Math.floor(apiKey.madeAt / 1000) : claims.iat
  if (isRevokedAt(since)) throw apiKey ? apiKeyRevoked() : refuse('revoked')
  const owner = { tenant, oauth2, client }
  if (!claims.aud.every((audience) => isEntitled(audience, owner))) throw refuse('another audience')
  return { client, apiKey }
}

/** Throws `invalid_token` for a client that is gone or inactive. */
async function getActiveClient(clientId: string, tenant: Tenant, { clients }: VerifyDeps): Promise<Client> {
  const client = await clients.of(tenant.id).find(clientId)
  if (!client?.active) throw refuse('the client is unknown or inactive')
  return client
}

async function verifyWithKeys(
  token: string,
  { tenant, oauth2, allowFuture }: Signed,
  deps: VerifyDeps,
): Promise<TokenClaims> {
  const keys = await deps.keyring.of(tenant.id, tenant.generation)
  const verified = await verifyJwtByKey(token, {
    keys,
    issuer: tenant.issuer,
    types: typesOf(oauth2),
    now: deps.now(),
    // An API key may live for ever; of an access token, readTokenClaims wants its exp.
    requireExpiry: false,
    allowFuture,
  }).catch(explainRefusal)
  const claims = readTokenClaims(verified.claims)
  if (!claims) throw refuse('not the claims of an access token')
  // One that is about to be revoked is not looked at again, and nbf is none of ours: it would have to be asked each time.
  if (!allowFuture && !('nbf' in claims)) {
    deps.verifiedTokens.keep(token, { key: verified.key, typ: verified.typ, claims })
  }
  return claims
}

function explainRefusal(cause: unknown): never {
  if (cause instanceof JwtExpired) throw expired(cause)
  if (cause instanceof JwtInvalid) throw refuse('refused by the verifier', cause)
  throw cause
}

function expired(cause?: unknown): OAuthError {
  return new OAuthError('invalid_token', 'Token has expired', { cause })
}

function refuse(reason: string, cause: unknown = new Error(reason)): OAuthError {
  return new OAuthError('invalid_token', 'The access token is invalid', { cause })
}

function apiKeyRevoked(): OAuthError {
  return new OAuthError('invalid_token', 'API key has been revoked')
}
