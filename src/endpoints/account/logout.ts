import { Elysia } from 'elysia'
import { findInteraction, isOfKind, startInteraction } from '../../authorization/interactions.ts'
import type { Deps } from '../../deps.ts'
import { beginSignIn } from '../../http/browser/begin-sign-in.ts'
import {
  clearSessionCookie,
  openBrowser,
  readBrowser,
  readSessionCookie,
} from '../../http/browser/cookies.ts'
import { checkCsrf, csrfToken } from '../../http/browser/csrf.ts'
import { answerPage, pageFrame } from '../../http/browser/page-answer.ts'
import { forPeople, type PeopleCall, pagePath, seeOther } from '../../http/browser/people-page.ts'
import { shownPerson } from '../../http/browser/shown-person.ts'
import { recordAudit } from '../../http/record-event.ts'
import { type Form, parseForm, parseQueryPairs, toForm } from '../../http/request/form.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { endOneSession } from '../../logout/end-sessions.ts'
import {
  findLogoutTarget,
  isHinted,
  type LogoutRequest,
  type LogoutTarget,
  parseLogoutRequest,
} from '../../logout/logout-request.ts'
import { renderNoticePage } from '../../pages/notice-page.ts'
import { renderSignOutPage } from '../../pages/sign-out-page.ts'
import { renderSignedOutPage } from '../../pages/signed-out-page.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { findSignedIn, type SignedIn } from '../../sessions/signed-in.ts'
import { logoutDetail, logoutPostDetail } from './logout-detail.ts'

const path = '/api/v1/tenant/:tenant/oauth/logout'

/** `GET|POST /api/v1/tenant/{tenant}/oauth/logout` (OpenID Connect RP-Initiated Logout 1.0 section 2). */
export const logoutEndpoint = (deps: Deps) =>
  new Elysia()
    .get(path, forPeople(deps, answerQuery), { detail: logoutDetail })
    .post(path, forPeople(deps, answerForm), { parse: 'none', detail: logoutPostDetail })

/** What a client asks for, and where it is kept. */
interface Asked {
  readonly asked: LogoutRequest
  readonly target: LogoutTarget
  /** The id of its interaction; undefined: it is not kept yet. */
  readonly id: string | undefined
}

/** The browser of a request that came without cookies. */
const anyBrowser = ''

async function answerQuery(at: PeopleCall): Promise<Response> {
  const id = interactionOf(at.request)
  if (id === undefined) return proceed(at, await readAsked(queryOf(at.request), at))
  const kept = await findKept(id, at)
  return kept ? proceed(at, kept) : answerOver(at)
}

/**
 * A form that a page of the client posts comes without our cookies, because they are SameSite=Lax. So the request is kept, and the browser
 * comes back by GET. A form of our own page has the id of what was kept.
 */
async function answerForm(at: PeopleCall): Promise<Response> {
  const form = await parseForm(at.request)
  const id = interactionOf(at.request)
  if (id !== undefined) {
    const kept = await findKept(id, at)
    return kept ? answerDecision(at, kept, form) : answerOver(at)
  }
  const { asked, target } = await readAsked(form, at)
  // Only what says something is kept, so that nobody fills the storage with texts of their own.
  if (!asked.hint && !target.client) return seeOther(pagePath(at.tenant, '/oauth/logout', at.deps))
  return seeOther(logoutPath(at, await keep(asked, anyBrowser, at)))
}

async function readAsked(parameters: Form, { tenant, deps }: PeopleCall): Promise<Asked> {
  const asked = await parseLogoutRequest(parameters, tenant, deps)
  return { asked, target: await findLogoutTarget(asked, tenant, deps), id: undefined }
}

/** Signs out at once where the client proves that it means this session, and asks otherwise. Nobody who is not signed in is asked. */
async function proceed(at: PeopleCall, of: Asked): Promise<Response> {
  const { request, tenant, deps } = at
  notesOf(request).clientId = of.target.client?.id
  const signedIn = await findSignedIn(readSessionCookie(request, tenant, deps), tenant, deps)
  if (!signedIn) return finish(at, of)
  if (!isHinted(of.asked, signedIn.session)) return ask(at, of, signedIn)
  await signOut(at, of, signedIn)
  return finish(at, of)
}

async function ask(at: PeopleCall, of: Asked, { session, person }: SignedIn): Promise<Response> {
  const { request, tenant, deps } = at
  const headers = new Headers()
  const browser = openBrowser(request, headers, { tenant, deps })
  const id = of.id ?? (await keep(of.asked, browser.hash, at))
  const page = renderSignOutPage({
    frame: frameOf(at, of),
    action: logoutPath(at, id),
    csrf: csrfToken(browser.secret, formName, boundTo(id, session.sid), deps),
    person: shownPerson(person),
    clientName: of.target.client?.name ?? null,
  })
  return answerPage(page, { headers, formTargets: of.target.url === undefined ? [] : [of.target.url] })
}

const formName = 'logout'

/** The answer is about the person whom the page named, and not about who signed in since then. */
function boundTo(id: string, sid: string): string {
  return `${id} ${sid}`
}

async function answerDecision(
  at: PeopleCall,
  of: Asked & { readonly id: string },
  sent: Form,
): Promise<Response> {
  const { request, tenant, deps } = at
  const signedIn = await findSignedIn(readSessionCookie(request, tenant, deps), tenant, deps)
  // Somebody pressed twice, or signed out elsewhere.
  if (!signedIn) return finish(at, of)
  const browser = readBrowser(request, tenant, deps)
  checkCsrf(request, { sent, browser, form: formName, boundTo: boundTo(of.id, signedIn.session.sid) }, deps)
  const decision = sent.get('decision')
  if (decision === 'deny') return answerPage(renderEnd(at, of, true))
  if (decision !== 'allow') throw new OAuthError('invalid_request', 'Missing decision parameter')
  await signOut(at, of, signedIn)
  return finish(at, of)
}

async function signOut(
  { request, tenant, deps }: PeopleCall,
  of: Asked,
  { session, person }: SignedIn,
): Promise<void> {
  const { id: requestId } = notesOf(request)
  const ended = await endOneSession({ tenant, sid: session.sid, requestId }, deps)
  if (!ended) return
  const client = of.target.client?.id
  const event = { type: 'session.ended', tenant: tenant.id, outcome: 'success' } as const
  recordAudit(
    request,
    { ...event, actor: person.sub, client, detail: { sub: person.sub, sid: session.sid } },
    deps,
  )
  deps.metrics?.countSessionsEnded('logout', 1)
}

/** Nobody is signed in any more: the browser goes where the client wants it, or reads that it is done. */
function finish(at: PeopleCall, of: Asked): Response {
  const { tenant, deps } = at
  const headers = new Headers()
  clearSessionCookie(headers, { tenant, deps })
  if (of.target.url !== undefined) return seeOther(of.target.url, headers)
  return answerPage(renderEnd(at, of, false), { headers })
}

function renderEnd(at: PeopleCall, of: Asked, hasStayed: boolean) {
  const continueUrl = pagePath(at.tenant, '/account', at.deps)
  return renderSignedOutPage({ frame: frameOf(at, of), hasStayed, continueUrl })
}

/** The request was kept ten minutes ago, or never. */
function answerOver({ request, tenant, deps }: PeopleCall): Response {
  const frame = pageFrame(request, tenant, deps)
  const continueUrl = pagePath(tenant, '/account', deps)
  return answerPage(renderNoticePage({ frame, kind: 'interaction-over', continueUrl }), { status: 400 })
}

function frameOf({ request, tenant, deps }: PeopleCall, { asked }: Asked) {
  return pageFrame(request, tenant, deps, asked.uiLocales ?? undefined)
}

async function keep(
  asked: LogoutRequest,
  browser: string,
  { request, tenant, deps }: PeopleCall,
): Promise<string> {
  const browserHash = browser === anyBrowser ? undefined : browser
  await beginSignIn(request, { tenant, browserHash }, deps)
  const content = {
    ...{ kind: 'logout' as const, hint: asked.hint, client_id: asked.clientId, state: asked.state },
    ...{ post_logout_redirect_uri: asked.redirectUri, ui_locales: asked.uiLocales },
  }
  return (await startInteraction({ tenant, browser, content }, deps)).id
}

/** What was kept for this browser, or for whichever comes first. Its client is looked up again. Throws `invalid_request`. */
async function findKept(
  id: string,
  { request, tenant, deps }: PeopleCall,
): Promise<(Asked & { id: string }) | undefined> {
  const browser = readBrowser(request, tenant, deps)?.hash ?? anyBrowser
  const place = (of: string) => findInteraction(id, { tenant, browser: of }, deps)
  const kept = (await place(browser)) ?? (await place(anyBrowser))
  if (!kept || !isOfKind(kept, 'logout')) return undefined
  const { hint, client_id: clientId, post_logout_redirect_uri: redirectUri, state, ui_locales } = kept.content
  const asked = { hint, clientId, redirectUri, state, uiLocales: ui_locales }
  return { asked, id, target: await findLogoutTarget(asked, tenant, deps) }
}

function queryOf(request: Request): Form {
  return toForm(parseQueryPairs(request))
}

function interactionOf(request: Request): string | undefined {
  return new URL(request.url).searchParams.get('interaction') ?? undefined
}

function logoutPath({ tenant, deps }: PeopleCall, interaction: string): string {
  return pagePath(tenant, '/oauth/logout', deps, { interaction })
}
