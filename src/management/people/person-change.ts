import type { Log } from '../../log.ts'
import type { EndDeps } from '../../logout/end-sessions.ts'
import type { AuditEventType, AuditSink } from '../../protocol/audit-events.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { People } from '../../users/people.ts'
import type { PeopleOwner } from '../../users/stored-people.ts'
import { type Actor, recordChange } from '../actor.ts'

/** The dependencies of every change of a person. */
export interface PersonChangeDeps extends EndDeps {
  readonly people: Pick<People, 'of'>
  readonly audit: AuditSink
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A change of one person. */
export interface PersonChange {
  readonly sub: string
  readonly actor: Actor
}

export function ownerOfPeople(tenant: Tenant, { people }: Pick<PersonChangeDeps, 'people'>): PeopleOwner {
  return { tenant, people: people.of(tenant) }
}

/** Records what happened to a person. The event has the sub, and never the name or the address. */
export function recordPerson(
  type: AuditEventType,
  { sub, actor, detail }: PersonChange & { readonly detail?: Readonly<Record<string, string>> },
  { tenant, audit }: { readonly tenant: Tenant; readonly audit: AuditSink },
): void {
  recordChange(type, { actor, tenantId: tenant.id, detail: { sub, ...detail } }, audit)
}
