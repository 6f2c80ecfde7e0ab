import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { openBrowser } from '../../http/browser/cookies.ts'
import { csrfToken } from '../../http/browser/csrf.ts'
import { parseOwnForm } from '../../http/browser/own-form.ts'
import { answerPage, pageFrame } from '../../http/browser/page-answer.ts'
import { forPeople, type PeopleCall, pagePath } from '../../http/browser/people-page.ts'
import { shownPerson } from '../../http/browser/shown-person.ts'
import { receiveBody } from '../../http/request/body.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { setPasswordByLink } from '../../management/people/set-password.ts'
import { type NoticeKind, renderNoticePage } from '../../pages/notice-page.ts'
import { renderPasswordPage } from '../../pages/password-page.ts'
import type { PasswordProblem } from '../../pages/password-problem.ts'
import { findByLink } from '../../users/password-links.ts'
import { buildStoredPerson } from '../../users/stored-person.ts'
import { passwordDetail, passwordPostDetail } from './account-detail.ts'
import { minLengthOf } from './account-view.ts'
import { explainFault } from './explain-fault.ts'

const path = '/api/v1/tenant/:tenant/account/password'

/** `GET|POST /api/v1/tenant/{tenant}/account/password?link=`: a person chooses a password on a link, which is good once. */
export const passwordEndpoint = (deps: Deps) =>
  new Elysia()
    .get(path, forPeople(deps, show), { detail: passwordDetail })
    .post(path, forPeople(deps, choose), { parse: 'none', detail: passwordPostDetail })

const formName = 'password'

/** Shows the form, as often as it is asked for: mail programs open links too, and only the form uses this one up. */
async function show(at: PeopleCall, problem: PasswordProblem | null = null): Promise<Response> {
  const { request, tenant, deps } = at
  const link = linkOf(request)
  const row = await findByLink(tenant.id, link, deps)
  if (!row) return answerLinkOver(at)
  const headers = new Headers()
  const browser = openBrowser(request, headers, { tenant, deps })
  const page = renderPasswordPage({
    ...{ frame: pageFrame(request, tenant, deps), problem, minLength: minLengthOf(tenant) },
    action: pagePath(tenant, '/account/password', deps, { link }),
    csrf: csrfToken(browser.secret, formName, link, deps),
    username: shownPerson(buildStoredPerson(row)).username,
  })
  return withoutReferrer(answerPage(page, { headers, status: problem === null ? 200 : 400 }))
}

async function choose(at: PeopleCall): Promise<Response> {
  const { request, tenant, deps } = at
  await receiveBody(request)
  const link = linkOf(request)
  const { sent } = await parseOwnForm(request, { tenant, form: formName, boundTo: link }, deps)
  const { id: requestId, address } = notesOf(request)
  const actor = { requestId, address: address() }
  const outcome = await setPasswordByLink({ link, password: sent.get('password') ?? '', actor }, tenant, deps)
  if ('sub' in outcome) {
    deps.metrics?.countAccountChange('password_changed')
    return answerNotice(at, 'password-set', 200)
  }
  if (outcome.failure === 'link_over') return answerLinkOver(at)
  return show(at, explainFault(outcome.failure))
}

function linkOf(request: Request): string {
  return new URL(request.url).searchParams.get('link') ?? ''
}

/** A used link, an expired one and one that never was look the same. */
function answerLinkOver(at: PeopleCall): Response {
  notesOf(at.request).finding = {
    check: 'link',
    saw: 'a link that was replaced, used, expired or never made, or whose person is disabled',
    wanted: 'a new link: grantd user reset, or /users of the admin API',
  }
  return answerNotice(at, 'link-over', 400)
}

function answerNotice({ request, tenant, deps }: PeopleCall, kind: NoticeKind, status: number): Response {
  const continueUrl = kind === 'password-set' ? pagePath(tenant, '/account', deps) : null
  const frame = pageFrame(request, tenant, deps)
  return withoutReferrer(answerPage(renderNoticePage({ frame, kind, continueUrl }), { status }))
}

/** The link is in the URL of the page. No request from here tells it to anybody, but the form has its Origin. */
function withoutReferrer(response: Response): Response {
  response.headers.set('Referrer-Policy', 'strict-origin')
  return response
}
