import type { Deps } from '../deps.ts'
import type { AuditEvent } from '../protocol/audit-events.ts'
import { OAuthError, tooManyRequests } from '../protocol/errors.ts'
import { notesOf } from './request/request-notes.ts'

type AuditDeps = Pick<Deps, 'audit'>

/** Records what a request did, with who it was and where it came from; of a client with several keys, which key proved it. */
export function recordAudit(
  request: Request,
  event: Omit<AuditEvent, 'requestId' | 'address'>,
  { audit }: AuditDeps,
): void {
  const { id, address, proof } = notesOf(request)
  const detail = proof?.kind === 'key' ? { ...event.detail, key: proof.id } : event.detail
  audit.record({ ...event, ...(detail && { detail }), requestId: id, address: address() })
}

/** Runs `work`, and records its refusal as an event of `type`; what is no refusal is in the log alone. */
export async function auditRefusal<T>(
  request: Request,
  { type, tenant }: Pick<AuditEvent, 'type' | 'tenant'>,
  { deps, work }: { deps: AuditDeps; work: () => Promise<T> },
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // Whoever has to wait is told of by the one event of the moment when that began.
    if (error instanceof OAuthError && error.status !== tooManyRequests) {
      const reason = error.reason ?? error.code
      // Who did not authenticate is nobody, whatever client it claims to be.
      const { clientId, actor } = notesOf(request)
      recordAudit(
        request,
        { type, tenant, outcome: 'refused', reason, actor, client: clientId },
        { audit: deps.audit },
      )
    }
    throw error
  }
}
