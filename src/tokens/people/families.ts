import type { Client } from '../../clients/client.ts'
import type { Hashing } from '../../platform/hashing.ts'
import type { Storage } from '../../storage/storage.ts'
import type { OAuth2Settings, Tenant } from '../../tenants/tenant.ts'
import type { PersonGrant } from './person-grant.ts'

export interface FamilyDeps {
  /** That of a transaction, or any. */
  readonly storage: Storage
  readonly hashing: Hashing
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** Whose tokens they are. */
export interface FamilyOwner {
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
  readonly client: Client
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

/**
 * Starts the family of a seed in one durable statement. Exactly one caller gets it; every other one gets undefined, because the seed was
 * used. Throws StorageError.
 */
export async function startFamily(
  _family: NewFamily,
  _owner: FamilyOwner,
  _deps: FamilyDeps,
): Promise<StartedFamily | undefined> {
  throw new TypeError('startFamily is not built yet')
}

/** The id of the family that this seed has started or would start. */
export function familyIdOf(_seed: string, _deps: Pick<FamilyDeps, 'hashing'>): string {
  throw new TypeError('familyIdOf is not built yet')
}

/** Ends a family: its refresh token, and its access tokens at introspection and at our endpoints. An unknown one is over already. */
export async function endFamily(
  _id: string,
  _tenantId: string,
  _deps: Pick<FamilyDeps, 'storage' | 'now'>,
): Promise<void> {
  throw new TypeError('endFamily is not built yet')
}
