import type { Deps } from '../../deps.ts'
import { type Browser, setBrowserCookie, setSessionCookie } from '../../http/browser/cookies.ts'
import { recordAudit } from '../../http/record-event.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import type { SignInProblem } from '../../pages/sign-in-page.ts'
import type { Finding } from '../../protocol/errors.ts'
import { passwordAcr } from '../../protocol/people/acr.ts'
import { isKnownBrowser, rememberBrowser } from '../../sessions/browsers.ts'
import type { Session } from '../../sessions/session.ts'
import { startSession } from '../../sessions/sessions.ts'
import type { SignedIn } from '../../sessions/signed-in.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import {
  checkPassword,
  type PasswordOutcome,
  type ProvenPerson,
  type SignInFault,
} from '../../users/sign-in.ts'

interface Attempt {
  /** Both as they were typed. */
  readonly username: string
  readonly password: string
  readonly browser: Browser
  /** Who is signed in with this browser already. */
  readonly current: SignedIn | undefined
}

interface AttemptContext {
  readonly tenant: Tenant
  /** The client that the person is on the way to; undefined: none. */
  readonly clientId: string | undefined
  readonly deps: Deps
}

/** A failure, or a session with the headers that give its cookie to the browser. */
type SignInOutcome =
  | { readonly failure: SignInProblem }
  | { readonly signedIn: SignedIn; readonly headers: Headers }

/**
 * Signs a person in with a password: checks it, begins a session, and remembers the browser. Records each outcome. Throws
 * `temporarily_unavailable` when too many passwords wait for their check, and StorageError.
 */
export async function signInPerson(
  request: Request,
  attempt: Attempt,
  context: AttemptContext,
): Promise<SignInOutcome> {
  const { tenant, deps } = context
  const { username, password, browser } = attempt
  const outcome = await checkPassword(
    {
      ...{ tenant, username, password, signal: request.signal, address: notesOf(request).address() },
      isKnownBrowser: (sub) => isKnownBrowser({ tenantId: tenant.id, browserHash: browser.hash, sub }, deps),
    },
    deps,
  )
  if ('person' in outcome) return begin(request, outcome, { ...attempt, ...context })
  noteFailure(request, outcome, context)
  const { failure } = outcome
  return { failure: failure === 'wait' ? { kind: 'wait', seconds: outcome.seconds } : { kind: failure } }
}

async function begin(
  request: Request,
  { person, provenAt }: ProvenPerson,
  { tenant, deps, clientId, browser, current }: Attempt & AttemptContext,
): Promise<SignInOutcome> {
  const { session, cookie, ended } = await startSession(
    {
      ...{ tenant, person, startedAt: provenAt, current: current?.session },
      ...{ authTime: Math.floor(deps.now() / 1000), amr: ['pwd'], acr: passwordAcr },
      userAgent: request.headers.get('user-agent'),
    },
    deps,
  )
  // Somebody else was signed in here, whose clients have to learn of the end.
  if (ended) noteEnd(request, ended, { tenant, deps })
  await rememberBrowser({ tenantId: tenant.id, browserHash: browser.hash, sub: person.sub }, deps)
  const headers = new Headers()
  setSessionCookie(headers, cookie, { tenant, deps })
  setBrowserCookie(headers, browser, { tenant, deps })
  notesOf(request).actor = person.sub
  const event = { tenant: tenant.id, outcome: 'success', actor: person.sub, client: clientId } as const
  recordAudit(request, { ...event, type: 'sign_in.succeeded', detail: { amr: 'pwd' } }, deps)
  recordAudit(request, { ...event, type: 'session.started', detail: { sid: session.sid } }, deps)
  deps.metrics?.countSignIn('success')
  return { signedIn: { session, person, asOf: session.createdAt }, headers }
}

function noteEnd(
  request: Request,
  ended: Session,
  { tenant, deps }: Pick<AttemptContext, 'tenant' | 'deps'>,
): void {
  deps.logoutNotices.sessionsEnded(tenant, [ended], { requestId: notesOf(request).id })
  const event = { type: 'session.ended', tenant: tenant.id, outcome: 'success', actor: ended.sub } as const
  recordAudit(request, { ...event, detail: { sub: ended.sub, sid: ended.sid } }, deps)
  deps.metrics?.countSessionsEnded('switch', 1)
}

/** What was typed is in none of them: people type their password into the field of the name. */
const faults: Readonly<Record<SignInFault, Pick<Finding, 'saw' | 'wanted'>>> = {
  unknown_person: { saw: 'a name that no person of the tenant has', wanted: 'the username of a person' },
  person_inactive: { saw: 'a person who is disabled', wanted: 'a person who is active' },
  no_password: {
    saw: 'a person who has no password yet',
    wanted: 'a password, which a link of grantd user reset sets',
  },
  wrong_password: { saw: 'another password than that of the person', wanted: 'the password of the person' },
}

function findFailure(outcome: Exclude<PasswordOutcome, ProvenPerson>): Finding {
  const { failure, fault, sub } = outcome
  if (failure === 'wait' && fault === undefined) {
    const wanted = `the next attempt ${outcome.seconds} s later`
    return { check: 'limit of failed sign-ins', saw: 'too many failed attempts; nothing was checked', wanted }
  }
  const { saw, wanted } = faults[fault ?? 'unknown_person']
  return { check: 'sign-in', saw: sub === undefined ? saw : `${saw}: ${sub}`, wanted }
}

/** An attempt that only has to wait is not recorded: `limit.reached` is, once. */
function noteFailure(
  request: Request,
  outcome: Exclude<PasswordOutcome, ProvenPerson>,
  { tenant, clientId, deps }: AttemptContext,
): void {
  const { failure, fault, sub } = outcome
  deps.metrics?.countSignIn(failure)
  if (failure === 'wait') deps.metrics?.countThrottled('person')
  notesOf(request).reason = fault
  notesOf(request).finding = findFailure(outcome)
  if (fault === undefined) return
  const event = { type: 'sign_in.refused', tenant: tenant.id, outcome: 'refused', reason: fault } as const
  const detail = sub === undefined ? {} : { detail: { sub } }
  recordAudit(request, { ...event, client: clientId, ...detail }, deps)
}
