import { Elysia } from 'elysia'
import { updateInteraction } from '../../authorization/interactions.ts'
import type { Deps } from '../../deps.ts'
import { type Browser, openBrowser, readSessionCookie } from '../../http/browser/cookies.ts'
import { csrfToken } from '../../http/browser/csrf.ts'
import { type OwnForm, parseOwnForm } from '../../http/browser/own-form.ts'
import { answerPage, pageFrame } from '../../http/browser/page-answer.ts'
import { forPeople, type PeopleCall, pagePath, seeOther } from '../../http/browser/people-page.ts'
import { shownPerson } from '../../http/browser/shown-person.ts'
import { receiveBody } from '../../http/request/body.ts'
import { renderSignInPage, type SignInProblem } from '../../pages/sign-in-page.ts'
import { tooManyRequests } from '../../protocol/errors.ts'
import { findSignedIn, type SignedIn } from '../../sessions/signed-in.ts'
import type { OAuth2Tenant } from '../../tenants/tenant.ts'
import {
  formTargetsOf,
  goOn,
  type InteractionPage,
  interactionParameter,
  openInteraction,
  stepOf,
  switchParameter,
} from './interaction-page.ts'
import { loginDetail, loginPostDetail } from './sign-in-detail.ts'
import { signInPerson } from './sign-in-person.ts'

const path = '/api/v1/tenant/:tenant/login'

/** `GET|POST /api/v1/tenant/{tenant}/login`: the form to sign in, of an interaction or, without one, on the way to the account page. */
export const loginEndpoint = (deps: Deps) =>
  new Elysia()
    .get(
      path,
      forPeople(deps, (call) => visit(call, showForm)),
      { detail: loginDetail },
    )
    .post(
      path,
      forPeople(deps, (call) => visit(call, takeForm)),
      { parse: 'none', detail: loginPostDetail },
    )

/** A visit of the form. `page` is undefined for one without an interaction. */
interface Visit {
  readonly request: Request
  readonly of: OAuth2Tenant
  readonly deps: Deps
  readonly page: InteractionPage | undefined
  readonly signedIn: SignedIn | undefined
}

async function visit(call: PeopleCall, show: (visit: Visit) => Promise<Response>): Promise<Response> {
  const { request, deps, ...of } = call
  const isForm = request.method === 'POST'
  if (isForm) await deps.signInTurns.turn()
  const isInteraction = new URL(request.url).searchParams.has(interactionParameter)
  if (isInteraction)
    return openInteraction(call, (page) => show({ request, of, deps, page, signedIn: page.signedIn }))
  if (isForm) await receiveBody(request)
  const cookie = readSessionCookie(request, of.tenant, deps)
  return show({ request, of, deps, page: undefined, signedIn: await findSignedIn(cookie, of.tenant, deps) })
}

async function showForm(visit: Visit): Promise<Response> {
  const { request, of, deps, page, signedIn } = visit
  const wantsSwitch = new URL(request.url).searchParams.has(switchParameter)
  if (!page && signedIn && !wantsSwitch) return seeOther(pagePath(of.tenant, '/account', deps))
  if (page && !wantsSwitch && (await stepOf(page)) !== 'sign-in') return goOn(page)
  const headers = new Headers()
  const browser = openBrowser(request, headers, { tenant: of.tenant, deps })
  const username = wantsSwitch ? '' : expectedUsername(visit)
  return answerForm(visit, { browser, headers, username, problem: null, status: 200 })
}

/** What the form is filled with: the hint of the client, or the name of the person who has to sign in again. */
function expectedUsername({ page, signedIn }: Visit): string {
  if (!page) return ''
  const { loginHint, ask } = page.flow
  if (loginHint !== undefined) return loginHint
  if (!signedIn || (ask.hintedSub ?? signedIn.person.sub) !== signedIn.person.sub) return ''
  return shownPerson(signedIn.person).username
}

interface FormAnswer {
  readonly browser: Browser
  readonly headers: Headers
  readonly username: string
  readonly problem: SignInProblem | null
  readonly status: number
}

function answerForm(
  { request, of, deps, page, signedIn }: Visit,
  { browser, headers, username, problem, status }: FormAnswer,
): Response {
  const { tenant } = of
  const id = page?.interaction.id
  const query = id === undefined ? {} : { [interactionParameter]: id }
  const wantsSwitch = new URL(request.url).searchParams.has(switchParameter)
  const html = renderSignInPage({
    frame: pageFrame(request, tenant, deps, page?.flow.uiLocales),
    action: pagePath(tenant, '/login', deps, query),
    csrf: csrfToken(browser.secret, 'login', id ?? '', deps),
    username,
    clientName: page?.flow.client.name ?? null,
    isAgain: signedIn !== undefined && !wantsSwitch,
    problem,
  })
  return answerPage(html, { status, headers, formTargets: page ? formTargetsOf(page.flow) : [] })
}

async function takeForm(visit: Visit): Promise<Response> {
  const { request, of, deps, page } = visit
  const wanted = { tenant: of.tenant, form: 'login', boundTo: page?.interaction.id ?? '' }
  return signIn(visit, await parseOwnForm(request, wanted, deps))
}

async function signIn(visit: Visit, { sent, browser }: OwnForm): Promise<Response> {
  const { request, of, deps, page, signedIn: current } = visit
  // Keyboards of phones write a space after a word that they complete. No name has one at its ends.
  const username = (sent.get('username') ?? '').trim()
  const attempt = { username, password: sent.get('password') ?? '', browser, current }
  const clientId = page?.flow.client.id
  const outcome = await signInPerson(request, attempt, { tenant: of.tenant, clientId, deps })
  if ('failure' in outcome) {
    const { failure: problem } = outcome
    const headers = new Headers()
    if (problem.kind === 'wait') headers.set('Retry-After', String(problem.seconds))
    const status = problem.kind === 'wait' ? tooManyRequests : 401
    return answerForm(visit, { browser, headers, username, problem, status })
  }
  const { signedIn, headers } = outcome
  if (!page) return seeOther(pagePath(of.tenant, '/account', deps), headers)
  const changes = { signed_in: signedIn.session.sid }
  const interaction = await updateInteraction(page.interaction, changes, { tenant: of.tenant, ...deps })
  return goOn({ ...page, interaction: interaction ?? page.interaction, signedIn }, headers)
}
