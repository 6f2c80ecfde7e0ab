import { setBrowserCookie, setSessionCookie } from '../../http/browser/cookies.ts'
import { answerPage } from '../../http/browser/page-answer.ts'
import { pagePath, seeOther } from '../../http/browser/people-page.ts'
import { recordAudit } from '../../http/record-event.ts'
import type { Form } from '../../http/request/form.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { changePassword } from '../../management/people/set-password.ts'
import { renderAccountPage } from '../../pages/account-page.ts'
import type { PasswordProblem } from '../../pages/password-problem.ts'
import { OAuthError, tooManyRequests } from '../../protocol/errors.ts'
import { isKnownBrowser } from '../../sessions/browsers.ts'
import { startSession } from '../../sessions/sessions.ts'
import { findCutoff, timeAfter } from '../../users/cutoffs.ts'
import { checkPassword } from '../../users/sign-in.ts'
import { type AccountVisit, canChangePassword, readAccount } from './account-view.ts'
import { explainFault } from './explain-fault.ts'

/**
 * Sets the new password of the input `password` after a check of `current_password`, which counts as an attempt to sign in. Everything that
 * the person got before is over, other browsers too; this one gets a new session.
 */
export async function changeOwnPassword(visit: AccountVisit, sent: Form): Promise<Response> {
  const { request, tenant, deps, person } = visit
  if (!canChangePassword(person))
    throw new OAuthError('invalid_request', 'The password cannot be changed here')
  const problem =
    (await proveCurrent(visit, sent.get('current_password') ?? '')) ?? (await change(visit, sent))
  if (problem) return answerProblem(visit, problem)
  deps.metrics?.countAccountChange('password_changed')
  deps.metrics?.countSessionsEnded('password', 1)
  const headers = await signInAnew(visit)
  notesOf(request).actor = person.sub
  return seeOther(pagePath(tenant, '/account', deps, { done: 'password-changed' }), headers)
}

/** A stolen session must not be enough to take the account. */
async function proveCurrent(visit: AccountVisit, password: string): Promise<PasswordProblem | undefined> {
  const { request, tenant, deps, person, browser } = visit
  const outcome = await checkPassword(
    {
      ...{ tenant, username: person.email ?? '', password, signal: request.signal },
      address: notesOf(request).address(),
      isKnownBrowser: (sub) => isKnownBrowser({ tenantId: tenant.id, browserHash: browser.hash, sub }, deps),
    },
    deps,
  )
  // Another person may have got the e-mail address meanwhile.
  if ('person' in outcome) return outcome.person.sub === person.sub ? undefined : { kind: 'wrong' }
  notesOf(request).reason = outcome.fault
  if (outcome.fault !== undefined) {
    const event = { type: 'sign_in.refused', tenant: tenant.id, outcome: 'refused' } as const
    recordAudit(request, { ...event, reason: outcome.fault, detail: { sub: person.sub } }, deps)
  }
  return outcome.failure === 'wait' ? { kind: 'wait', seconds: outcome.seconds } : { kind: 'wrong' }
}

async function change(visit: AccountVisit, sent: Form): Promise<PasswordProblem | undefined> {
  const { request, tenant, deps, person, session } = visit
  const { id: requestId, address } = notesOf(request)
  const actor = { name: person.sub, requestId, address: address() }
  const password = sent.get('password') ?? ''
  const wanted = { sub: person.sub, since: session.createdAt, password, actor }
  const outcome = await changePassword(wanted, tenant, deps)
  if ('sub' in outcome) return undefined
  if (outcome.failure === 'link_over')
    throw new OAuthError('access_denied', 'The session has ended', { status: 403 })
  return explainFault(outcome.failure)
}

/** The cutoff of the change ended the session of before. The new one is made after it, whichever clock set it. */
async function signInAnew({
  request,
  tenant,
  deps,
  person,
  browser,
  session,
}: AccountVisit): Promise<Headers> {
  const cutoff = await findCutoff(deps.storage, tenant.id, { sub: person.sub })
  const now = deps.now()
  const started = await startSession(
    {
      ...{ tenant, person, authTime: Math.floor(now / 1000), amr: ['pwd'], acr: session.acr },
      ...{ userAgent: request.headers.get('user-agent'), startedAt: timeAfter(cutoff, now) },
    },
    deps,
  )
  const headers = new Headers()
  setSessionCookie(headers, started.cookie, { tenant, deps })
  setBrowserCookie(headers, browser, { tenant, deps })
  const event = { type: 'session.started', tenant: tenant.id, outcome: 'success', actor: person.sub } as const
  recordAudit(request, { ...event, detail: { sid: started.session.sid } }, deps)
  return headers
}

const problemStatus: Readonly<Partial<Record<PasswordProblem['kind'], number>>> = {
  wrong: 401,
  wait: tooManyRequests,
}

async function answerProblem(visit: AccountVisit, problem: PasswordProblem): Promise<Response> {
  const page = renderAccountPage(await readAccount(visit, { problem, done: null }))
  const headers = problem.kind === 'wait' ? { 'Retry-After': String(problem.seconds) } : {}
  return answerPage(page, { status: problemStatus[problem.kind] ?? 400, headers })
}
