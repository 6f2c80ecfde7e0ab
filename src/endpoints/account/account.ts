import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { openBrowser, readSessionCookie } from '../../http/browser/cookies.ts'
import { parseOwnForm } from '../../http/browser/own-form.ts'
import { answerPage } from '../../http/browser/page-answer.ts'
import { forPeople, type PeopleCall, pagePath, seeOther } from '../../http/browser/people-page.ts'
import { receiveBody } from '../../http/request/body.ts'
import type { Form } from '../../http/request/form.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { type AccountDone, renderAccountPage } from '../../pages/account-page.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { findSignedIn } from '../../sessions/signed-in.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { accountDetail, accountPostDetail } from './account-detail.ts'
import { type AccountVisit, accountForm, readAccount } from './account-view.ts'
import { changeOwnPassword } from './change-own-password.ts'
import { signOutHere, signOutThere } from './sign-out-there.ts'
import { takeBackConsent } from './take-back-consent.ts'

const path = '/api/v1/tenant/:tenant/account'

/** `GET|POST /api/v1/tenant/{tenant}/account`: the password, the sessions and the apps of the person who is signed in. */
export const accountEndpoint = (deps: Deps) =>
  new Elysia()
    .get(path, forPeople(deps, show), { detail: accountDetail })
    .post(path, forPeople(deps, act), { parse: 'none', detail: accountPostDetail })

/** What the page says was done, by the parameter `done`. */
const doneTexts: readonly AccountDone[] = ['password-changed', 'signed-out', 'consent-withdrawn']

async function show({ request, tenant, deps }: PeopleCall): Promise<Response> {
  const signedIn = await findVisitor(request, tenant, deps)
  if (!signedIn) return toLogin(tenant, deps)
  const headers = new Headers()
  const visit = {
    request,
    tenant,
    deps,
    ...signedIn,
    browser: openBrowser(request, headers, { tenant, deps }),
  }
  const asked = new URL(request.url).searchParams.get('done')
  const done = doneTexts.find((text) => text === asked) ?? null
  return answerPage(renderAccountPage(await readAccount(visit, { problem: null, done })), { headers })
}

async function act({ request, tenant, deps }: PeopleCall): Promise<Response> {
  await receiveBody(request)
  const signedIn = await findVisitor(request, tenant, deps)
  if (!signedIn) return toLogin(tenant, deps)
  const wanted = { tenant, form: accountForm, boundTo: signedIn.session.sid }
  const { sent, browser } = await parseOwnForm(request, wanted, deps)
  const action = sent.get('action') ?? ''
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (!run) throw new OAuthError('invalid_request', 'Missing or unknown action parameter')
  return run({ request, tenant, deps, browser, ...signedIn }, sent)
}

type Action = (visit: AccountVisit, sent: Form) => Promise<Response>

/** By the hidden input `action`. Each answers with a redirect, so that nothing is done twice by a reload. */
const actions: Readonly<Record<string, Action>> = {
  'change-password': changeOwnPassword,
  'sign-out': signOutThere,
  'sign-out-all': signOutHere,
  'revoke-consent': takeBackConsent,
}

async function findVisitor(request: Request, tenant: Tenant, deps: Deps) {
  const signedIn = await findSignedIn(readSessionCookie(request, tenant, deps), tenant, deps)
  if (signedIn) notesOf(request).actor = signedIn.person.sub
  return signedIn
}

function toLogin(tenant: Tenant, deps: Deps): Response {
  return seeOther(pagePath(tenant, '/login', deps))
}
