import type { AuthorizationRequest } from './authorization-request.ts'
import type { Interaction } from './interactions.ts'

/** What a flow asks of the person in front of the browser. */
export interface Ask extends Pick<AuthorizationRequest, 'scopes' | 'prompt' | 'maxAge' | 'hintedSub'> {
  /** `remember` asks for new scopes only, `always` in each interaction, `skip` only where `prompt` has `consent`. */
  readonly consent: 'remember' | 'always' | 'skip'
}

/** What is known about that person and that browser. */
export interface Standing {
  /** The session of the browser; undefined: nobody is signed in. */
  readonly session: CurrentSession | undefined
  /** The scopes that the person allowed the client before; undefined: none was asked for yet. */
  readonly allowed: readonly string[] | undefined
  /** Undefined where no interaction has begun. */
  readonly interaction: Pick<Interaction, 'createdAt' | 'progress'> | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

interface CurrentSession {
  readonly sid: string
  readonly sub: string
  /** When the person signed in, in seconds since the epoch. */
  readonly authTime: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/** What is next. `refuse`: another person signed in than the one that the request wants. */
export type Step = 'sign-in' | 'select-account' | 'consent' | 'refuse' | 'finish'

/** Finds what is needed next. Each page asks this again, so an answer to one page cannot leave another out. */
export function advance(ask: Ask, standing: Standing): Step {
  const { session } = standing
  if (!session) return 'sign-in'
  if (ask.hintedSub !== undefined && ask.hintedSub !== session.sub)
    return isOwnLogin(session, standing) ? 'refuse' : 'sign-in'
  const isFresh = isNewLogin(session, standing)
  if (!isFresh && needsNewLogin(ask, session, standing.now)) return 'sign-in'
  if (!isFresh && needsChoice(ask, session, standing)) return 'select-account'
  return needsConsent(ask, session, standing) ? 'consent' : 'finish'
}

/** Whether the person signed in on a page of this interaction. */
function isOwnLogin({ sid }: CurrentSession, { interaction }: Standing): boolean {
  return interaction?.progress.signed_in === sid
}

/** Whether the person signed in since the interaction began. A login in another tab counts too. */
function isNewLogin(session: CurrentSession, standing: Standing): boolean {
  const { interaction } = standing
  return (
    isOwnLogin(session, standing) || (interaction !== undefined && session.createdAt > interaction.createdAt)
  )
}

function needsNewLogin({ prompt, maxAge }: Ask, { authTime }: CurrentSession, now: number): boolean {
  if (prompt.includes('login')) return true
  // An age of zero wants a new login, even within the same second.
  return maxAge !== undefined && (maxAge === 0 || now / 1000 - authTime > maxAge)
}

function needsChoice({ prompt }: Ask, { sub }: CurrentSession, { interaction }: Standing): boolean {
  return prompt.includes('select_account') && interaction?.progress.chosen !== sub
}

function needsConsent(
  { prompt, consent, scopes }: Ask,
  { sub }: CurrentSession,
  { allowed, interaction }: Standing,
): boolean {
  if (interaction?.progress.consented === sub) return false
  if (prompt.includes('consent') || consent === 'always') return true
  return consent === 'remember' && !(allowed && scopes.every((scope) => allowed.includes(scope)))
}
