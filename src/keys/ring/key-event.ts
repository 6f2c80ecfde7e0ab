import type { Ring } from './rotation.ts'

/** A change of a key. The process that made the change reports it once, when the change is durable. */
export interface KeyEvent {
  /** `first`: a tenant without a key got its first one, which signs at once. */
  readonly kind: 'first' | 'created' | 'activated' | 'retired' | 'removed'
  readonly tenantId: string
  readonly kid: string
  /** The actor that requested the change; undefined if the change was due. */
  readonly actor?: string | undefined
  /** The tenant of the actor, if it is another tenant. */
  readonly actorTenant?: string | undefined
}

/** Finds the changes of keys between two versions of a ring. */
export function findEvents(before: Ring, after: Ring): Pick<KeyEvent, 'kind' | 'kid'>[] {
  const events: Pick<KeyEvent, 'kind' | 'kid'>[] = []
  for (const { kid, state } of after.keys) {
    const old = before.keys.find((key) => key.kid === kid)
    if (!old) events.push({ kind: 'created', kid })
    if (old?.state !== state && state === 'active') events.push({ kind: 'activated', kid })
    if (old?.state !== state && state === 'retiring') events.push({ kind: 'retired', kid })
  }
  for (const { kid } of before.keys)
    if (!after.keys.some((key) => key.kid === kid)) events.push({ kind: 'removed', kid })
  return events
}
