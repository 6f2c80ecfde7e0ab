import { type Flow, type FlowPlace, findStep, proceed } from '../../authorization/flow.ts'
import {
  explainOver,
  findInteraction,
  type Interaction,
  type InteractionPlace,
  isRenewable,
  renewInteraction,
} from '../../authorization/interactions.ts'
import { openFlow } from '../../authorization/open-flow.ts'
import type { Deps } from '../../deps.ts'
import { noteError } from '../../http/answer/render-error.ts'
import { beginSignIn } from '../../http/browser/begin-sign-in.ts'
import { type Browser, readBrowser, readSessionCookie } from '../../http/browser/cookies.ts'
import { answerPage, pageFrame } from '../../http/browser/page-answer.ts'
import { forPeople, type PeopleCall, pagePath, seeOther } from '../../http/browser/people-page.ts'
import { receiveBody } from '../../http/request/body.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { renderNoticePage } from '../../pages/notice-page.ts'
import { findSignedIn, type SignedIn } from '../../sessions/signed-in.ts'
import type { OAuth2Tenant } from '../../tenants/tenant.ts'
import { answerFlow } from './answer-flow.ts'

/** The parameter of the URL of a page that names its interaction. */
export const interactionParameter = 'interaction'

/** A page of an interaction, with all that it depends on. */
export interface InteractionPage {
  readonly request: Request
  readonly of: OAuth2Tenant
  readonly deps: Deps
  readonly browser: Browser
  readonly interaction: Interaction
  readonly flow: Flow
  readonly signedIn: SignedIn | undefined
}

/** The pages of the steps, by their paths. */
const pages = { 'sign-in': '/login', 'select-account': '/select-account', consent: '/consent' } as const

/** The path and query of a page of an interaction. */
export function interactionPath(
  {
    of,
    deps,
    interaction,
  }: Pick<InteractionPage, 'of' | 'deps'> & { readonly interaction: Pick<Interaction, 'id'> },
  step: keyof typeof pages,
  more: Readonly<Record<string, string>> = {},
): string {
  return pagePath(of.tenant, pages[step], deps, { [interactionParameter]: interaction.id, ...more })
}

/** The parameter of a link to the form for a person who is signed in as somebody else. */
export const switchParameter = 'switch'

/** The path and query on which somebody else signs in. */
export function switchPath(page: InteractionPage): string {
  return interactionPath(page, 'sign-in', { [switchParameter]: '1' })
}

/** What a form of the page is bound to: one person, because in another tab somebody else may have signed in since. */
export function boundTo({ interaction }: Pick<InteractionPage, 'interaction'>, { person }: SignedIn): string {
  return `${interaction.id} ${person.sub}`
}

/** Where the forms of a flow may lead to, for `form-action`. */
export function formTargetsOf({ redirectUri }: Pick<Flow, 'redirectUri'>): readonly string[] {
  return redirectUri === undefined ? [] : [redirectUri]
}

/** The handler of a page of an interaction, for {@link openInteraction}. */
export function forInteraction(deps: Deps, show: (page: InteractionPage) => Promise<Response>) {
  return forPeople(deps, (call) => openInteraction(call, show))
}

/**
 * Opens the interaction that the URL names, for `show`. An interaction that is over or of another browser is a page with words; a flow
 * that came to an error is answered at the client. Throws OAuthError and StorageError.
 */
export async function openInteraction(
  { request, deps, ...of }: PeopleCall,
  show: (page: InteractionPage) => Promise<Response>,
): Promise<Response> {
  // A body that arrives slowly must not keep a session alive that has ended meanwhile.
  if (request.method === 'POST') await receiveBody(request)
  const browser = readBrowser(request, of.tenant, deps)
  const id = new URL(request.url).searchParams.get(interactionParameter) ?? ''
  const place = browser && { tenant: of.tenant, browser: browser.hash }
  const interaction = place && (await findInteraction(id, place, deps))
  const owner = { ...of, clients: deps.clients.of(of.tenant.id) }
  const opened = interaction && (await openFlow(interaction, owner, deps))
  if (!browser || !interaction || !opened) return answerOver(request, of, { deps, id, place })
  const { flow } = opened
  if (!flow) {
    noteError(opened.error, notesOf(request))
    const options = { tenant: of.tenant, deps, headers: new Headers(), client: undefined }
    return answerFlow(request, opened.answer, options)
  }
  notesOf(request).clientId = flow.client.id
  const signedIn = await findSignedIn(readSessionCookie(request, of.tenant, deps), of.tenant, deps)
  if (signedIn) notesOf(request).actor = signedIn.person.sub
  return show({ request, of, deps, browser, interaction, flow, signedIn })
}

/** The parameter of a link that begins an interaction again. */
const againParameter = 'again'

interface Over {
  readonly deps: Deps
  readonly id: string
  readonly place: InteractionPlace | undefined
}

/** An interaction that cannot go on: it expired, or it began in another browser, or this one has lost its cookie. */
async function answerOver(request: Request, of: OAuth2Tenant, { deps, id, place }: Over): Promise<Response> {
  const { tenant } = of
  const isAgain = request.method === 'GET' && new URL(request.url).searchParams.has(againParameter)
  const canRenew = place !== undefined && (await isRenewable(id, place, deps))
  if (isAgain && canRenew) await beginSignIn(request, { tenant, browserHash: place.browser }, deps)
  const interaction = isAgain && canRenew ? await renewInteraction(id, place, deps) : undefined
  if (interaction) return seeOther(interactionPath({ of, deps, interaction }, 'sign-in'))
  notesOf(request).finding = await explainOver(id, { tenant, browser: place?.browser }, deps)
  const page = renderNoticePage({
    frame: pageFrame(request, tenant, deps),
    kind: 'interaction-over',
    continueUrl: canRenew
      ? interactionPath({ of, deps, interaction: { id } }, 'sign-in', { [againParameter]: '1' })
      : pagePath(tenant, '/account', deps),
  })
  return answerPage(page, { status: 400 })
}

/** The step that the interaction is at. Throws StorageError. */
export function stepOf(page: InteractionPage) {
  return findStep(page.flow, placeOf(page), page.deps)
}

function placeOf({ of, signedIn, interaction }: InteractionPage): FlowPlace {
  return { tenant: of.tenant, signedIn, interaction }
}

/** Sends the browser on: to the page of the next step, or to the answer. `headers` may have cookies. */
export async function goOn(page: InteractionPage, headers: Headers = new Headers()): Promise<Response> {
  const { request, of, deps, flow, signedIn } = page
  const next = await proceed(flow, placeOf(page), deps)
  if (next.step !== 'answer') return seeOther(interactionPath(page, next.step), headers)
  const { client, uiLocales } = flow
  const actor = signedIn?.person.sub
  return answerFlow(request, next.answer, { tenant: of.tenant, deps, headers, client, actor, uiLocales })
}
