import type { Keyring } from '../keys/keyring.ts'
import type { RotateOptions, Rotation } from '../keys/ring/rotator.ts'
import type { Actor } from './actor.ts'

export interface RotateSigningKeyOptions extends Pick<RotateOptions, 'now' | 'force' | 'dropOld'> {
  readonly actor: Actor
}

/** Replaces the signing key of a tenant. The ring records each step in the audit trail. Throws RotationError for a key of the operator. */
export function rotateSigningKey(
  { actor, ...options }: RotateSigningKeyOptions,
  tenantId: string,
  { keyring }: { readonly keyring: Pick<Keyring, 'rotate'> },
): Promise<Rotation> {
  const isForeign = actor.tenant !== undefined && actor.tenant !== tenantId
  return keyring.rotate(tenantId, {
    ...options,
    actor: actor.name,
    ...(isForeign && { actorTenant: actor.tenant }),
  })
}
