import { UnavailableError } from '../protocol/errors.ts'
import type { RotationSettings } from './ring/rotation.ts'

/** The tenant that a key belongs to. */
export interface KeyOwner {
  readonly tenantId: string
}

/** Where the keys of a tenant are. */
export interface KeyPlace extends KeyOwner {
  /** The folder of this tenant's keys. Null: the keys are in the database, or in the memory of this process. */
  readonly folder: string | null
}

/** The place of a tenant's keys, their required properties, and their rotation. */
export interface KeyPlan extends RotationSettings, KeyPlace {
  /** See Tenant.generation; absent for a tenant of config.yaml. */
  readonly generation?: number
  /** The kid of the first key only; null: the RFC 7638 thumbprint. */
  readonly kid: string | null
  /** A key file of the operator, which grantd loads and never writes or replaces; null: grantd makes the keys. */
  readonly file: string | null
  /** Seconds for which verifiers may keep the JWK Set. */
  readonly jwksMaxAge: number
}

/** The key of a tenant is not available, and no other key takes its place. `message` says which key, why, and the next step. */
export class KeyError extends UnavailableError {}

/** The beginning of every complaint about a key. */
export function complaintOf({ tenantId }: KeyOwner): string {
  return `Cannot load the signing key of tenant '${tenantId}'`
}

/** No tenant has this id: it was deleted a moment ago, or a row of the database has an id that is not a tenant's. */
export function noSuchTenant(owner: KeyOwner): KeyError {
  return new KeyError(`${complaintOf(owner)}: there is no tenant of this id`)
}
