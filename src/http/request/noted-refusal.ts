import type { Deps } from '../../deps.ts'
import { isPolling } from '../../protocol/errors.ts'
import type { FinishedRequest } from './request-log.ts'

/**
 * Keeps why a request was refused, if it was, for `grantd explain`. The answer is made already, and the work is the same for every cause. A
 * failure of the server has its cause in the log alone.
 */
export function noteRefusal(done: Omit<FinishedRequest, 'started'>, deps: NotingDeps): void {
  const { error, finding, isExpected } = done.notes
  if (isExpected || isPolling(error) || (error === undefined && !finding)) return
  try {
    note(done, deps)
  } catch {
    // Whatever broke, the answer goes out, and the log has its line.
  }
}

interface NotingDeps {
  /** Default: no refusal is kept. */
  readonly refusals?: Deps['refusals']
  readonly now: () => number
}

function note(
  { method, id, notes, status }: Omit<FinishedRequest, 'started'>,
  { refusals, now }: NotingDeps,
): void {
  const { error, finding } = notes
  const refusal = {
    requestId: id,
    at: now(),
    // What a caller with a token did belongs to the tenant of the token, as in the audit trail.
    tenant: notes.callerTenant ?? notes.tenant ?? finding?.tenant ?? null,
    client: notes.clientId ?? null,
    method,
    route: notes.route ?? '',
    status,
    error: error ?? null,
    check: finding?.check ?? (status >= 500 ? 'server' : (error ?? 'request')),
    saw: finding?.saw ?? (status >= 500 ? failed : withoutName(notes.sentence)),
    wanted: finding?.wanted ?? null,
  }
  refusals?.note(refusal, notes.address())
}

/** A sentence may end with a name of the request, which may be a secret in the wrong place. */
function withoutName(sentence: string | undefined): string | null {
  return sentence?.split(': ', 1)[0] ?? null
}

const failed = 'the server could not answer; its log has the cause with this id'
