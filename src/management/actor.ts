import type { AuditEventType, AuditSink } from '../protocol/audit-events.ts'

/** The name and the address of the caller that makes a change. Both are in the audit event. */
export interface Actor {
  /** A client id, or `shell` for a command. */
  readonly name: string
  /** The tenant of the actor's token; left out for a command. */
  readonly tenant?: string
  readonly requestId?: string
  /** The address of the other end of the connection. */
  readonly address?: string | undefined
}

/** A person or script that runs a command on this machine. */
export const shell: Actor = { name: 'shell' }

export interface Change {
  readonly actor: Actor
  /** The changed tenant, or the tenant of the changed client. */
  readonly tenantId: string
  readonly client?: string | undefined
  /** Only ids. */
  readonly detail?: Readonly<Record<string, string>>
}

/** Records a completed change, or another action of an admin. */
export function recordChange(
  type: AuditEventType,
  { actor, tenantId, client, detail }: Change,
  audit: AuditSink,
): void {
  const { name, tenant, requestId, address } = actor
  // An event of the admin API always has a detail, even an empty one.
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

/** Names the actor's tenant if it differs from the changed tenant, because the changed tenant may have a client with the actor's id. */
function whereFrom(actorTenant: string, changedTenant: string): { actor_tenant: string } | undefined {
  return actorTenant === changedTenant ? undefined : { actor_tenant: actorTenant }
}
