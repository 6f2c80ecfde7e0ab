import type { Static } from '@sinclair/typebox'
import type { Hashing } from '../../platform/hashing.ts'
import { lost, untilWritten } from '../../storage/compare-and-swap.ts'
import type { Records, Storage } from '../../storage/storage.ts'
import type { OAuth2Settings } from '../../tenants/tenant.ts'
import { accessTokenTtl } from '../access-token.ts'
import type { TokenOwner } from '../token-owner.ts'
import { families } from './family-row.ts'
import {
  familyIdOfHandle,
  handleOf,
  hashOf,
  makeSalt,
  makeSecret,
  renderRefreshToken,
} from './family-secrets.ts'
import { type PersonGrant, toStoredGrant } from './person-grant.ts'

export interface FamilyDeps {
  /** That of a transaction, or any. */
  readonly storage: Storage
  readonly hashing: Hashing
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

export interface NewFamily {
  /** A secret of at least 256 bits that can be used once: an authorization code, a device code. */
  readonly seed: string
  readonly grant: PersonGrant
  /** When the person allowed it, in milliseconds since the epoch. A later cutoff ends the family. */
  readonly madeAt: number
  /** Until when the seed could be used, in milliseconds since the epoch. The family is remembered until then, so the seed works once. */
  readonly seedUntil: number
}

export interface StartedFamily {
  /** The id. It is public: the jti of each access token begins with it. */
  readonly id: string
  /** Undefined: the client does not have the grant refresh_token. */
  readonly refreshToken: string | undefined
}

export type Family = Static<typeof families.schema>

/**
 * Starts the family of a seed in one durable statement. Exactly one caller gets it; every other one gets undefined, because the seed was
 * used. Throws StorageError.
 */
export async function startFamily(
  { seed, grant, madeAt, seedUntil }: NewFamily,
  owner: TokenOwner,
  { storage, hashing, now, randomBytes }: FamilyDeps,
): Promise<StartedFamily | undefined> {
  const handle = handleOf(seed, hashing)
  const id = familyIdOfHandle(handle, hashing)
  const secret = owner.client.grant_types.includes('refresh_token') ? makeSecret(randomBytes) : undefined
  const value: Family = {
    ...toStoredGrant(grant),
    created_at: madeAt,
    ended_at: null,
    refresh:
      secret === undefined
        ? null
        : {
            current: hashOf(secret, hashing),
            previous: null,
            salt: makeSalt(randomBytes),
            rotated_at: now(),
          },
  }
  const expiresAt = Math.max(seedUntil, findLastUse(value, owner, now()))
  const row = { id, value, expiresAt, parent: grant.sub }
  if (!(await familiesOf(storage, owner.tenant.id).create(row))) return undefined
  return { id, refreshToken: secret === undefined ? undefined : renderRefreshToken({ handle, secret }) }
}

/** The id of the family that this seed has started or would start. */
export function familyIdOf(seed: string, { hashing }: Pick<FamilyDeps, 'hashing'>): string {
  return familyIdOfHandle(handleOf(seed, hashing), hashing)
}

/** When the refresh token ends unless it is used again, in milliseconds since the epoch; 0: there is none. */
export function refreshEnd({ created_at, refresh }: Family, oauth2: OAuth2Settings): number {
  if (!refresh) return 0
  const { refresh_token_ttl, refresh_token_idle } = oauth2
  return Math.min(created_at + refresh_token_ttl * 1000, refresh.rotated_at + refresh_token_idle * 1000)
}

/**
 * When the last token of the family ends that exists after a use at `now` (ms). A repeated answer in the grace has a younger access
 * token.
 */
export function findLastUse(family: Family, { oauth2, client }: TokenOwner, now: number): number {
  const access = now + (accessTokenTtl(client, oauth2) + oauth2.refresh_token_grace) * 1000
  return Math.max(access, refreshEnd(family, oauth2))
}

/**
 * Ends a family: its refresh token, and its access tokens at introspection and at our endpoints. An unknown one is over already. Returns
 * whether there is such a family. Throws StorageError.
 */
export function endFamily(
  id: string,
  tenantId: string,
  { storage, now }: Pick<FamilyDeps, 'storage' | 'now'>,
): Promise<boolean> {
  const records = familiesOf(storage, tenantId)
  return untilWritten(async () => {
    const found = await records.find(id)
    if (!found) return false
    if (found.value.ended_at !== null) return true
    const value = { ...found.value, ended_at: now() }
    return (await records.replace(id, value, { ifVersion: found.version })) ? true : lost
  })
}

export function familiesOf(storage: Storage, tenantId: string): Records<Family> {
  return storage.of(tenantId).of(families)
}

/** The jti of an access token of the family. */
export function tokenIdIn(familyId: string, id: string): string {
  return `${familyId}.${id}`
}

/** The family in the jti of an access token; undefined: the token is not of a person. */
export function familyIdOfToken(jti: string): string | undefined {
  const cut = jti.indexOf('.')
  return cut < 0 ? undefined : jti.slice(0, cut)
}
