import { clearSessionCookie } from '../../http/browser/cookies.ts'
import { pagePath, seeOther } from '../../http/browser/people-page.ts'
import { recordAudit } from '../../http/record-event.ts'
import type { Form } from '../../http/request/form.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { endOneSession } from '../../logout/end-sessions.ts'
import { signOutPerson } from '../../management/people/sign-out-person.ts'
import { listSessions } from '../../sessions/sessions.ts'
import type { AccountVisit } from './account-view.ts'

/**
 * Ends the session of the input `session`, if it is one of this person. One that has ended, and one of somebody else, look the same as one
 * that ends now.
 */
export async function signOutThere(visit: AccountVisit, sent: Form): Promise<Response> {
  const { request, tenant, deps, session, person } = visit
  const own = await listSessions(tenant, person.sub, deps)
  const chosen = own.find(({ sid }) => sid === sent.get('session'))
  if (chosen) {
    const { id: requestId } = notesOf(request)
    const ended = await endOneSession({ tenant, sid: chosen.sid, requestId }, deps)
    if (ended) note(visit, chosen.sid)
  }
  if (chosen?.sid === session.sid) return leave(visit)
  return seeOther(pagePath(tenant, '/account', deps, { done: 'signed-out' }))
}

/** Ends every session of the person, and everything that apps got. */
export async function signOutHere(visit: AccountVisit): Promise<Response> {
  const { request, tenant, deps, person } = visit
  const { id: requestId, address } = notesOf(request)
  const actor = { name: person.sub, requestId, address: address() }
  await signOutPerson({ sub: person.sub, actor }, tenant, deps)
  deps.metrics?.countSessionsEnded('account', 1)
  return leave(visit)
}

/** To the page that says that the person is signed out. */
function leave({ tenant, deps }: AccountVisit): Response {
  const headers = new Headers()
  clearSessionCookie(headers, { tenant, deps })
  return seeOther(pagePath(tenant, '/oauth/logout', deps), headers)
}

function note({ request, tenant, deps, person }: AccountVisit, sid: string): void {
  const event = { type: 'session.ended', tenant: tenant.id, outcome: 'success', actor: person.sub } as const
  recordAudit(request, { ...event, detail: { sub: person.sub, sid } }, deps)
  deps.metrics?.countSessionsEnded('account', 1)
}
