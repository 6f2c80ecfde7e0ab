import type { Deps } from '../deps.ts'
import type { AuditEvent } from '../protocol/audit-events.ts'
import { isPolling, OAuthError, tooManyRequests } from '../protocol/errors.ts'
import { notesOf } from './request/request-notes.ts'

type AuditDeps = Pick<Deps, 'audit'>

/** Records the event of a request, with its actor and its address. For a client with several keys, also the key that proved it. */
export function recordAudit(
  request: Request,
  event: Omit<AuditEvent, 'requestId' | 'address'>,
  { audit }: AuditDeps,
): void {
  const { id, address, proof } = notesOf(request)
  const detail = proof?.kind === 'key' ? { ...event.detail, key: proof.id } : event.detail
  audit.record({ ...event, ...(detail && { detail }), requestId: id, address: address() })
}

/** Runs `work`. If it throws an OAuthError, records the error as an event of `type`. Other errors are only in the log. */
export async function auditRefusal<T>(
  request: Request,
  { type, tenant }: Pick<AuditEvent, 'type' | 'tenant'>,
  { deps, work }: { deps: AuditDeps; work: () => Promise<T> },
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // Refusals during a wait have no events, because `limit.reached` is recorded once, when the wait begins.
    if (error instanceof OAuthError && error.status !== tooManyRequests && !isPolling(error.code)) {
      const reason = error.reason ?? error.code
      // The actor is undefined until it is authenticated, even if the request names a client.
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

/** Records that others like this request have to wait from now on, so many seconds. */
export function recordWait(
  request: Request,
  tenant: string,
  { scope, seconds }: { readonly scope: string; readonly seconds: number },
  deps: AuditDeps,
): void {
  const { clientId: client } = notesOf(request)
  const detail = { scope, seconds: String(seconds) }
  recordAudit(request, { type: 'limit.reached', tenant, outcome: 'refused', client, detail }, deps)
}
