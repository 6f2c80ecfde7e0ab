import type { Client } from '../../clients/client.ts'
import type { ClientRegistry } from '../../clients/client-registry.ts'
import type { Hashing } from '../../platform/hashing.ts'
import { momentText, oneOf, quoted } from '../../protocol/finding-words.ts'
import type { LastUse } from '../../storage/last-use.ts'
import type { Storage } from '../../storage/storage.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { People } from '../../users/people.ts'
import { getStandingApiKey, type StandingApiKey } from '../api-keys/api-key-standing.ts'
import { isEntitled } from '../audience.ts'
import { mayAllowScope } from '../people/people-rights.ts'
import { findRevocation, type Revoked } from '../revocations.ts'
import { isApiKey, type TokenClaims } from '../token-claims.ts'
import type { TokenOwner } from '../token-owner.ts'
import type { TokenIssuer } from './find-issuer.ts'
import { apiKeyRevoked, invalidToken } from './invalid-token.ts'
import { checkPersonStanding, type StandingTokenPerson } from './person-standing.ts'
import type { ReadToken } from './read-token.ts'
import type { StepFinding } from './token-steps.ts'

export interface StandingDeps {
  readonly clients: ClientRegistry
  readonly people: People
  readonly storage: Storage
  readonly hashing: Hashing
  readonly lastUse: LastUse
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The facts about a valid token that only this server knows. */
export interface Standing {
  /** The current client of the token. */
  readonly client: Client
  /** Undefined for an access token. */
  readonly apiKey: StandingApiKey | undefined
  /** Undefined for a token of a client, which acts for itself, and for an API key. */
  readonly ofPerson: StandingTokenPerson | undefined
  /**
   * The scopes of the token that the client still has, in the order of the token. For an API key, only scopes that the tenant still allows
   * to API keys. Rights are checked when they are used.
   */
  readonly scopes: readonly string[]
}

/**
 * Step 4 of a token check. Checks that the token is not revoked, that its client is active and still entitled to the audience, and that
 * its API key or its person, if any, still stands. Nothing of this is cached. Throws `invalid_token`, and StorageError if the storage
 * cannot be read.
 */
export async function checkStanding(
  { text }: ReadToken,
  { claims, issuer: { tenant, oauth2 } }: { readonly claims: TokenClaims; readonly issuer: TokenIssuer },
  deps: StandingDeps,
): Promise<Standing> {
  const [client, apiKey, ofPerson, isRevokedAt] = await Promise.all([
    checkClientStanding(claims.client_id, tenant, deps),
    isApiKey(claims) ? getStandingApiKey(text, { claims, tenant }, deps) : undefined,
    checkPersonStanding(claims, tenant, deps),
    readRevocation(claims, tenant, deps),
  ])
  const madeAt = apiKey?.madeAt ?? ofPerson?.family.created_at
  checkUnrevoked(claims, { tenant, madeAt, isRevokedAt }, deps)
  const owner = { tenant, oauth2, client }
  checkEntitled(claims, owner)
  const scopes = ofPerson ? findScopesOfPerson(claims, owner) : findScopes(claims, client, tenant)
  return { client, apiKey, ofPerson, scopes }
}

/** What was revoked that a token may be of; see findRevocation. */
export function readRevocation(
  claims: TokenClaims,
  tenant: Tenant,
  { storage }: Pick<StandingDeps, 'storage'>,
): ReturnType<typeof findRevocation> {
  const { jti, client_id } = claims
  return findRevocation(storage, tenant.id, { jti, client_id, isApiKey: isApiKey(claims) })
}

interface Issued {
  readonly tenant: Tenant
  /** Of an API key and of a family, the time of its creation (ms), which counts even if its token is younger. */
  readonly madeAt: number | undefined
  readonly isRevokedAt: Awaited<ReturnType<typeof findRevocation>>
}

/** Throws `invalid_token` if the token, those of its client or those of its tenant were revoked. */
export function checkUnrevoked(
  claims: TokenClaims,
  { tenant, madeAt, isRevokedAt }: Issued,
  { now }: Pick<StandingDeps, 'now'>,
): void {
  const since = madeAt === undefined ? claims.iat : Math.floor(madeAt / 1000)
  const revoked = isRevokedAt(since)
  if (!revoked) return
  const finding = findRevoked(revoked, since, { tenant: tenant.id, now: now() })
  throw isApiKey(claims) ? apiKeyRevoked(finding) : invalidToken('revoked', finding)
}

/** Throws `invalid_token` unless the client may have each audience now. */
export function checkEntitled(claims: TokenClaims, owner: TokenOwner): void {
  const foreign = claims.aud.find((audience) => !isEntitled(audience, owner))
  if (foreign !== undefined) throw invalidToken('another audience', findForeignAudience(foreign, owner))
}

/** Returns the client. Throws `invalid_token` for one that is gone or inactive. */
export async function checkClientStanding(
  clientId: string,
  tenant: Tenant,
  { clients }: StandingDeps,
): Promise<Client> {
  const client = await clients.of(tenant.id).find(clientId)
  if (!client?.active)
    throw invalidToken('the client is unknown or inactive', {
      ...{ check: 'client', tenant: tenant.id, wanted: 'a client that is there, with active: true' },
      saw: `the client ${quoted(clientId)}, which ${client ? 'is not active' : 'is not there any more'}`,
    })
  return client
}

function findScopes(claims: TokenClaims, client: Client, { api_keys }: Tenant): readonly string[] {
  const { scope } = claims
  if (scope === undefined) return []
  const scopes = scope.split(' ').filter((each) => client.scopes.includes(each))
  return isApiKey(claims) ? scopes.filter((each) => api_keys?.allowed_scopes.includes(each)) : scopes
}

function findScopesOfPerson(
  { scope }: TokenClaims,
  owner: { readonly tenant: Tenant; readonly client: Client },
): readonly string[] {
  return scope === undefined ? [] : scope.split(' ').filter((each) => mayAllowScope(each, owner))
}

const revokedThings: Readonly<Record<Revoked['by'], string>> = {
  token: 'this token was revoked',
  client: 'all tokens of the client were revoked',
  tenant: 'all tokens of the tenant were revoked',
}

function findRevoked(
  { by, before }: Revoked,
  since: number,
  { tenant, now }: { readonly tenant: string; readonly now: number },
): StepFinding {
  const up = by === 'token' ? '' : ` that were issued by ${momentText(before * 1000, now)}`
  return {
    ...{ check: 'revocation', tenant },
    saw: `${revokedThings[by]}${up}; it is of ${momentText(since * 1000, now)}`,
    wanted: by === 'token' ? 'a token that was not revoked' : 'a token that was issued later',
  }
}

function findForeignAudience(audience: string, { tenant, oauth2, client }: TokenOwner): StepFinding {
  const own = client.audience ?? oauth2.audience
  return {
    ...{ check: 'audience', tenant: tenant.id },
    saw: `aud ${quoted(audience)}, which the client may not have now`,
    wanted: oneOf([...new Set([...own, ...client.resources, tenant.issuer])]),
  }
}
