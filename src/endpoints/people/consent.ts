import { Elysia } from 'elysia'
import { updateInteraction } from '../../authorization/interactions.ts'
import { giveConsent } from '../../consents/consents.ts'
import type { Deps } from '../../deps.ts'
import { csrfToken } from '../../http/browser/csrf.ts'
import { parseOwnForm } from '../../http/browser/own-form.ts'
import { answerPage, pageFrame } from '../../http/browser/page-answer.ts'
import { shownPerson } from '../../http/browser/shown-person.ts'
import { recordAudit } from '../../http/record-event.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { renderConsentPage } from '../../pages/consent-page.ts'
import { OAuthError } from '../../protocol/errors.ts'
import type { SignedIn } from '../../sessions/signed-in.ts'
import { answerFlow } from './answer-flow.ts'
import {
  boundTo,
  forInteraction,
  formTargetsOf,
  goOn,
  type InteractionPage,
  interactionPath,
  stepOf,
  switchPath,
} from './interaction-page.ts'
import { consentDetail, consentPostDetail } from './sign-in-detail.ts'

const path = '/api/v1/tenant/:tenant/consent'

/** `GET|POST /api/v1/tenant/{tenant}/consent`: asks the person whether a client may have what it asks for. */
export const consentEndpoint = (deps: Deps) =>
  new Elysia()
    .get(path, forInteraction(deps, showQuestion), { detail: consentDetail })
    .post(path, forInteraction(deps, takeAnswer), { parse: 'none', detail: consentPostDetail })

async function showQuestion(page: InteractionPage): Promise<Response> {
  const { request, of, deps, flow, signedIn, browser } = page
  if (flow.isDecided) return answerDecided(page)
  if (!signedIn || (await stepOf(page)) !== 'consent') return goOn(page)
  const { client, asked, redirectUri, uiLocales, isDevice } = flow
  const html = renderConsentPage({
    frame: pageFrame(request, of.tenant, deps, uiLocales),
    action: interactionPath(page, 'consent'),
    csrf: csrfToken(browser.secret, 'consent', boundToScopes(page, signedIn), deps),
    clientName: client.name,
    person: shownPerson(signedIn.person),
    scopes: asked.map((name) => ({ name, description: of.oauth2.scopes[name] ?? null })),
    switchUrl: switchPath(page),
    returnHost: redirectUri === undefined ? null : hostOf(redirectUri),
    isDevice,
  })
  return answerPage(html, { formTargets: formTargetsOf(flow) })
}

/** The form is also of the scopes that it shows: the client may have got others by default since. */
function boundToScopes(page: InteractionPage, signedIn: SignedIn): string {
  return [boundTo(page, signedIn), ...page.flow.asked].join(' ')
}

/** A second click and the back button get the page of the first decision. */
async function answerDecided({ request, of, deps, flow }: InteractionPage): Promise<Response> {
  const answer = await flow.refuse('access_denied', 'The person has decided before')
  return answerFlow(request, answer, { tenant: of.tenant, deps, headers: new Headers(), client: flow.client })
}

/** Null for an app on the device, whose scheme says nothing to a person. */
function hostOf(uri: string): string | null {
  return new URL(uri).host || null
}

async function takeAnswer(page: InteractionPage): Promise<Response> {
  const { request, of, deps, flow, signedIn } = page
  // Nobody is signed in any more, so nobody can answer.
  if (!signedIn) return goOn(page)
  const wanted = { tenant: of.tenant, form: 'consent', boundTo: boundToScopes(page, signedIn) }
  const { sent } = await parseOwnForm(request, wanted, deps)
  if (flow.isDecided) return answerDecided(page)
  const step = await stepOf(page)
  // A second click on a button comes after the first one was taken.
  if (step !== 'consent' && step !== 'finish') return goOn(page)
  const decision = sent.get('decision')
  if (decision === 'allow') return allow(page, signedIn)
  if (decision === 'deny') return deny(page, signedIn)
  throw new OAuthError('invalid_request', 'The decision must be allow or deny')
}

async function allow(page: InteractionPage, { person }: SignedIn): Promise<Response> {
  const { of, deps, flow, interaction } = page
  const key = { tenantId: of.tenant.id, sub: person.sub, clientId: flow.client.id }
  await giveConsent({ ...key, scopes: flow.asked }, deps)
  record(page, 'consent.given')
  const changes = { consented: person.sub, denied: null }
  const updated = await updateInteraction(interaction, changes, { tenant: of.tenant, ...deps })
  return goOn({ ...page, interaction: updated ?? interaction })
}

async function deny(page: InteractionPage, { person }: SignedIn): Promise<Response> {
  const { request, of, deps, flow, interaction } = page
  record(page, 'consent.denied')
  const changes = { denied: person.sub, consented: null }
  await updateInteraction(interaction, changes, { tenant: of.tenant, ...deps })
  const answer = await flow.refuse('access_denied', 'The person did not allow the request')
  const notes = notesOf(request)
  notes.error = 'access_denied'
  notes.finding = {
    check: 'consent',
    saw: `the person did not allow ${flow.asked.join(' ')}`,
    wanted: 'a person who allows it',
  }
  const { client, uiLocales } = flow
  const options = { tenant: of.tenant, deps, headers: new Headers(), client, uiLocales }
  return answerFlow(request, answer, options)
}

function record(
  { request, of, deps, flow, signedIn }: InteractionPage,
  type: 'consent.given' | 'consent.denied',
): void {
  const outcome = type === 'consent.given' ? 'success' : 'refused'
  const detail = { scope: flow.asked.join(' ') }
  const actor = signedIn?.person.sub
  recordAudit(request, { type, tenant: of.tenant.id, outcome, actor, client: flow.client.id, detail }, deps)
}
