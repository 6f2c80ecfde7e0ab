import type { AuditEventType, AuditSink } from '../protocol/audit-events.ts'

/** Who makes a change, and from where: the audit event says so. */
export interface Actor {
  /** A client id, or `shell` for a command. */
  readonly name: string
  /** The tenant of the token that the actor has; left out for a command. */
  readonly tenant?: string
  readonly requestId?: string
  /** Of the other end of the connection. */
  readonly address?: string | undefined
}

/** Whoever may run a command on this machine. */
export const shell: Actor = { name: 'shell' }

export interface Change {
  readonly actor: Actor
  /** The tenant that was changed, or whose client was. */
  readonly tenantId: string
  readonly client?: string | undefined
  /** Ids alone. */
  readonly detail?: Readonly<Record<string, string>>
}

/** Records a change that was made. */
export function recordChange(
  type: AuditEventType,
  { actor, tenantId, client, detail }: Change,
  audit: AuditSink,
): void {
  const { name, tenant, requestId, address } = actor
  // An event of the admin API always has a detail, if an empty one.
  const facts = tenant === undefined ? detail : { ...detail, ...whereFrom(tenant, tenantId) }
  audit.record({
    type,
    tenant: tenantId,
    outcome: 'success',
    actor: name,
    client,
    ...(facts && { detail: facts }),
    requestId,
    address,
  })
}

/** The event is in the trail of the changed tenant, which may have a client of the actor's id too. */
function whereFrom(actorTenant: string, changedTenant: string): { actor_tenant: string } | undefined {
  return actorTenant === changedTenant ? undefined : { actor_tenant: actorTenant }
}
