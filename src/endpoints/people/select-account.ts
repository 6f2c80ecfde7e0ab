import { Elysia } from 'elysia'
import { updateInteraction } from '../../authorization/interactions.ts'
import type { Deps } from '../../deps.ts'
import { csrfToken } from '../../http/browser/csrf.ts'
import { parseOwnForm } from '../../http/browser/own-form.ts'
import { answerPage, pageFrame } from '../../http/browser/page-answer.ts'
import { seeOther } from '../../http/browser/people-page.ts'
import { shownPerson } from '../../http/browser/shown-person.ts'
import { renderSelectAccountPage } from '../../pages/select-account-page.ts'
import { OAuthError } from '../../protocol/errors.ts'
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
import { selectAccountDetail, selectAccountPostDetail } from './sign-in-detail.ts'

const path = '/api/v1/tenant/:tenant/select-account'

/** `GET|POST /api/v1/tenant/{tenant}/select-account`: go on as the person who is signed in, or as somebody else. */
export const selectAccountEndpoint = (deps: Deps) =>
  new Elysia()
    .get(path, forInteraction(deps, showChoice), { detail: selectAccountDetail })
    .post(path, forInteraction(deps, takeChoice), { parse: 'none', detail: selectAccountPostDetail })

async function showChoice(page: InteractionPage): Promise<Response> {
  const { request, of, deps, flow, signedIn, browser } = page
  if (!signedIn || (await stepOf(page)) !== 'select-account') return goOn(page)
  const html = renderSelectAccountPage({
    frame: pageFrame(request, of.tenant, deps, flow.uiLocales),
    action: interactionPath(page, 'select-account'),
    csrf: csrfToken(browser.secret, 'select-account', boundTo(page, signedIn), deps),
    clientName: flow.client.name,
    person: shownPerson(signedIn.person),
  })
  return answerPage(html, { formTargets: formTargetsOf(flow) })
}

async function takeChoice(page: InteractionPage): Promise<Response> {
  const { request, of, deps, interaction, signedIn } = page
  if (!signedIn) return goOn(page)
  const wanted = { tenant: of.tenant, form: 'select-account', boundTo: boundTo(page, signedIn) }
  const { sent } = await parseOwnForm(request, wanted, deps)
  const account = sent.get('account')
  if (account === 'other') return seeOther(switchPath(page))
  if (account !== 'current') throw new OAuthError('invalid_request', 'The account must be current or other')
  const changes = { chosen: signedIn.person.sub }
  const updated = await updateInteraction(interaction, changes, { tenant: of.tenant, ...deps })
  return goOn({ ...page, interaction: updated ?? interaction })
}
