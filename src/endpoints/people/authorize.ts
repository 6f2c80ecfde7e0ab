import { Elysia } from 'elysia'
import { type Flow, proceed, silentError } from '../../authorization/flow.ts'
import { startInteraction } from '../../authorization/interactions.ts'
import { openAuthorization } from '../../authorization/open-flow.ts'
import { isRequestUri, keepRequest, takeRequest } from '../../authorization/pushed-requests.ts'
import { type ParameterList, RequestParameters } from '../../authorization/request-parameters.ts'
import type { Deps } from '../../deps.ts'
import { noteError } from '../../http/answer/render-error.ts'
import { beginSignIn } from '../../http/browser/begin-sign-in.ts'
import { openBrowser, readBrowser, readSessionCookie } from '../../http/browser/cookies.ts'
import { forPeople, type PeopleCall, pagePath, seeOther } from '../../http/browser/people-page.ts'
import { recordAudit } from '../../http/record-event.ts'
import { parseFormPairs, parseQueryPairs } from '../../http/request/form.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { type ErrorCode, OAuthError, sentTwice } from '../../protocol/errors.ts'
import { findSignedIn, type SignedIn } from '../../sessions/signed-in.ts'
import type { OAuth2Tenant } from '../../tenants/tenant.ts'
import { answerFlow } from './answer-flow.ts'
import { authorizeDetail, authorizePostDetail } from './authorize-detail.ts'
import { interactionPath } from './interaction-page.ts'

const path = '/api/v1/tenant/:tenant/oauth/authorize'

/** `GET|POST /api/v1/tenant/{tenant}/oauth/authorize` (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2). */
export const authorizeEndpoint = (deps: Deps) =>
  new Elysia()
    .get(path, forPeople(deps, answerQuery), { detail: authorizeDetail })
    .post(path, forPeople(deps, answerForm), { parse: 'none', detail: authorizePostDetail })

/** What a request asks for, and whether the client pushed it. */
interface Asked {
  readonly parameters: ParameterList
  readonly pushed: boolean
}

/**
 * A form that a page of another site posts comes without our cookies, because they are SameSite=Lax. So the request is kept, and the
 * browser comes back with its request_uri by GET.
 */
async function answerForm({ request, deps, ...of }: PeopleCall): Promise<Response> {
  const asked = { parameters: await parseFormPairs(request), pushed: false }
  const { parameters } = asked
  const again = new RequestParameters(parameters)
  const uri = again.get('request_uri')
  if (uri !== undefined && isRequestUri(uri)) return seeOther(authorizePath(of, again, uri, deps))
  // Only requests of known clients are kept, so that nobody fills the storage with others.
  const opened = await openAuthorization(asked, { ...of, clients: deps.clients.of(of.tenant.id) }, deps)
  if (!opened.flow) return answerRefusal(request, opened, { of, deps, headers: new Headers() })
  const clientId = opened.flow.client.id
  notesOf(request).clientId = clientId
  await beginSignIn(request, { tenant: of.tenant, browserHash: undefined }, deps)
  const kept = await keepRequest(
    { clientId, parameters: again.list, pushed: false },
    { tenant: of.tenant, ...deps },
  )
  return seeOther(authorizePath(of, again, kept, deps))
}

function authorizePath({ tenant }: OAuth2Tenant, parameters: RequestParameters, uri: string, deps: Deps) {
  const query = { client_id: parameters.get('client_id') ?? '', request_uri: uri }
  return pagePath(tenant, '/oauth/authorize', deps, query)
}

async function answerQuery({ request, deps, ...of }: PeopleCall): Promise<Response> {
  const headers = new Headers()
  const browser = openBrowser(request, headers, { tenant: of.tenant, deps })
  const asked = await resolveRequest(
    parseQueryPairs(request),
    { tenant: of.tenant, browser: browser.hash },
    deps,
  )
  const opened = await openAuthorization(asked, { ...of, clients: deps.clients.of(of.tenant.id) }, deps)
  if (!opened.flow) return answerRefusal(request, opened, { of, deps, headers })
  return answerAuthorization(request, opened.flow, { of, deps, headers, asked, browser: browser.hash })
}

/** The parameters, or those that the client pushed, if they name a request_uri of ours (RFC 9126 section 4). */
async function resolveRequest(
  pairs: ParameterList,
  place: { readonly tenant: OAuth2Tenant['tenant']; readonly browser: string },
  deps: Deps,
): Promise<Asked> {
  const parameters = new RequestParameters(pairs)
  const uri = parameters.get('request_uri')
  if (uri === undefined || !isRequestUri(uri)) return { parameters: parameters.list, pushed: false }
  for (const name of ['request_uri', 'client_id']) if (parameters.isRepeated(name)) throw sentTwice(name)
  const clientId = parameters.get('client_id')
  if (clientId === undefined) throw new OAuthError('invalid_request', 'Missing client_id parameter')
  const taken = await takeRequest({ uri, clientId }, place, deps)
  if (!taken)
    throw new OAuthError('invalid_request_uri', 'The request_uri is unknown, expired or used', {
      finding: {
        check: 'request_uri',
        saw: 'a request_uri that is unknown, older than a minute, of another client, or that another browser has used',
        wanted: 'a new pushed request for each browser',
      },
    })
  return taken
}

interface AuthorizationContext {
  readonly of: OAuth2Tenant
  readonly deps: Deps
  readonly headers: Headers
}

/** Answers at once where nothing is needed of the person, begins an interaction where something is. */
async function answerAuthorization(
  request: Request,
  flow: Flow,
  context: AuthorizationContext & { readonly asked: Asked; readonly browser: string },
): Promise<Response> {
  const { of, deps, headers, asked, browser } = context
  const { tenant } = of
  const { client, uiLocales } = flow
  notesOf(request).clientId = client.id
  const signedIn = await findSignedIn(readSessionCookie(request, tenant, deps), tenant, deps)
  const actor = signedIn?.person.sub
  const options = { tenant, deps, headers, client, actor, uiLocales }
  const next = await proceed(flow, { tenant, signedIn, interaction: undefined }, deps)
  if (next.step === 'answer') return answerFlow(request, next.answer, options)
  if (flow.ask.prompt.includes('none')) {
    const [error, description] = silentError(next.step)
    noteSilence(request, error, { step: next.step, signedIn })
    return answerFlow(request, await flow.refuse(error, description), options)
  }
  const content = {
    kind: 'authorize' as const,
    parameters: asked.parameters.map(([name, value]): [string, string] => [name, value]),
    pushed: asked.pushed,
  }
  const { isBusy: isBrief } = await beginSignIn(request, { tenant, browserHash: browser }, deps)
  const interaction = await startInteraction({ tenant, browser, content, isBrief }, deps)
  return seeOther(interactionPath({ of, deps, interaction }, next.step), headers)
}

const silentReasons = {
  'sign-in': 'a session that is too old, or of another person than the request wants',
  'select-account': 'a person who has to choose an account',
  consent: 'scopes that the person has not allowed this client yet',
} as const

/** Says for `grantd explain` why a request with `prompt=none` has no code. */
function noteSilence(
  request: Request,
  error: ErrorCode,
  { step, signedIn }: { readonly step: keyof typeof silentReasons; readonly signedIn: SignedIn | undefined },
): void {
  const saw = signedIn ? silentReasons[step] : 'a browser in which nobody is signed in'
  const wanted = 'a session for which nobody has to be asked, or a request without prompt=none'
  const notes = notesOf(request)
  notes.error = error
  notes.finding = { check: 'prompt=none', saw, wanted }
}

/** The error goes to the client, because its redirect URI is proven. It is counted like a sign-in, because its event is kept. */
async function answerRefusal(
  request: Request,
  { answer, clientId, error }: Extract<Awaited<ReturnType<typeof openAuthorization>>, { flow: undefined }>,
  { of: { tenant }, deps, headers }: AuthorizationContext,
): Promise<Response> {
  const notes = notesOf(request)
  notes.clientId = clientId
  await beginSignIn(request, { tenant, browserHash: readBrowser(request, tenant, deps)?.hash }, deps)
  noteError(error, notes)
  const reason = error.reason ?? error.code
  const event = { type: 'authorization.refused', tenant: tenant.id, outcome: 'refused', reason } as const
  recordAudit(request, { ...event, client: clientId }, deps)
  return answerFlow(request, answer, { tenant, deps, headers, client: undefined })
}
