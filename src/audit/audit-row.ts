import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { kind, Moment } from '../storage/kind.ts'

/** A member that JSON leaves out if it is undefined. Entries that all have one shape are made several times as fast. */
function OrLeftOut<S extends TSchema>(schema: S) {
  return Type.Optional(Type.Unsafe<Static<S> | undefined>(schema))
}

/** An event of the audit trail. The hash is of its JSON text: members in this order, missing ones left out. */
export const AuditEntry = Type.Object({
  number: Type.Integer({ description: 'From 1, one more at each event of the tenant' }),
  time: Type.String({ description: 'ISO 8601 with milliseconds, in UTC' }),
  tenant: Type.String({ description: 'Empty for what belongs to no tenant' }),
  type: Type.String({ description: 'Thing and what happened, such as token.issued' }),
  outcome: Type.Union([Type.Literal('success'), Type.Literal('refused')]),
  actor: OrLeftOut(Type.String({ description: 'Who did it' })),
  client: OrLeftOut(Type.String({ description: 'The client that it concerns; only one that exists' })),
  reason: OrLeftOut(Type.String({ description: 'Why it was refused, as a code' })),
  request_id: OrLeftOut(Type.String({ description: 'The X-Request-Id of the answer' })),
  address: OrLeftOut(Type.String({ description: 'The other end of the connection' })),
  detail: OrLeftOut(Type.Record(Type.String(), Type.String())),
  prev_expires: Type.Integer({ description: 'When the event before may be deleted, in ms; 0 in the first' }),
  prev_hash: Type.String({ description: 'SHA-256 of the event before, in hex; zeros in the first' }),
})
export type AuditEntry = Static<typeof AuditEntry>

/**
 * Events of the audit trail that were written together, because a row for each would cost more than the event. The id is the number of
 * the last event in 16 digits. So a list after a number begins with the row that has the next event.
 */
export const auditEvents = kind('audit', Type.Object({ events: Type.Array(AuditEntry, { minItems: 1 }) }))

/** The last event of the trail of a tenant; id `head`. */
export const auditHeads = kind(
  'audit_head',
  Type.Object({
    number: Type.Integer(),
    hash: Type.String(),
    /** When the last event expires. Later events expire no earlier, so retention removes from the front only. */
    expires_at: Moment,
  }),
)

/** Events of many tenants that wait to move to their trails; kept under the system tenant. See audit/audit-journal.ts. */
export const auditJournal = kind('audit_journal', Type.Object({ events: Type.Array(Type.Unknown()) }))
