import type { Client } from '../clients/client.ts'
import { findConsent } from '../consents/consents.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { SignedIn } from '../sessions/signed-in.ts'
import type { Storage } from '../storage/storage.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { type Ask, advance, type Step } from './advance.ts'
import type { ClientAnswer } from './client-answer.ts'
import type { Interaction } from './interactions.ts'

/** What a client wants of a person, on its way to an answer: an authorization request, or a device. */
export interface Flow {
  readonly client: Client
  readonly ask: Ask
  /** The scopes that the person is asked for: those of the request, and those that stand for the claims that it names. */
  readonly asked: readonly string[]
  readonly loginHint: string | undefined
  readonly uiLocales: string | undefined
  /** Where the browser goes afterwards; undefined: it stays at this server. */
  readonly redirectUri: string | undefined
  readonly isDevice: boolean
  /** Whether the person has decided, and the first decision counts. Both `finish` and `refuse` then only say what it was. */
  readonly isDecided: boolean
  /**
   * Answers with what the person allowed; undefined: the session has ended meanwhile. Throws OAuthError for the person, and StorageError.
   */
  finish(signedIn: SignedIn): Promise<FlowAnswer | undefined>
  /** Answers that there will be nothing. */
  refuse(error: ErrorCode, description: string): Promise<FlowAnswer>
}

export type FlowAnswer =
  | { readonly to: 'client'; readonly answer: ClientAnswer; readonly hasCode: boolean }
  /** A page of ours: its path and query below public_url. */
  | { readonly to: 'page'; readonly path: string }

/** What is next in a flow. `refuse` never comes here: it is an answer. */
export type Next =
  | { readonly step: Exclude<Step, 'finish' | 'refuse'> }
  | { readonly step: 'answer'; readonly answer: FlowAnswer }

/** Who is in front of the browser, and what that person did in this interaction. */
export interface FlowPlace {
  readonly tenant: Pick<Tenant, 'id'>
  readonly signedIn: SignedIn | undefined
  /** Undefined where no interaction has begun. */
  readonly interaction: Pick<Interaction, 'createdAt' | 'progress'> | undefined
}

export interface FlowDeps {
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Finds the next step. Throws StorageError. */
export async function findStep(
  { ask, asked, client }: Pick<Flow, 'ask' | 'asked' | 'client'>,
  { tenant, signedIn, interaction }: FlowPlace,
  deps: FlowDeps,
): Promise<Step> {
  const key = signedIn && { tenantId: tenant.id, sub: signedIn.session.sub, clientId: client.id }
  // Where nobody is asked, nothing has to be read.
  const isAsked = ask.consent === 'remember'
  const consent = isAsked && key ? await findConsent(key, deps) : undefined
  const standing = { session: signedIn?.session, allowed: consent?.scopes, interaction, now: deps.now() }
  return advance({ ...ask, scopes: asked }, standing)
}

/** Finds the next step, and answers where nothing more is needed. Throws what {@link Flow.finish} throws. */
export async function proceed(flow: Flow, place: FlowPlace, deps: FlowDeps): Promise<Next> {
  const step = await findStep(flow, place, deps)
  if (step === 'refuse') {
    const answer = await flow.refuse('login_required', 'Another person is signed in than the request wants')
    return { step: 'answer', answer }
  }
  if (step !== 'finish') return { step }
  if (!place.signedIn) throw new TypeError('A flow cannot finish while nobody is signed in')
  const answer = await flow.finish(place.signedIn)
  return answer ? { step: 'answer', answer } : { step: 'sign-in' }
}

/** The error of a request with `prompt=none` that would need this step (OpenID Connect Core section 3.1.2.6). */
export function silentError(step: Exclude<Step, 'finish' | 'refuse'>): [ErrorCode, string] {
  return silentErrors[step]
}

const silentErrors: Readonly<Record<Parameters<typeof silentError>[0], [ErrorCode, string]>> = {
  'sign-in': ['login_required', 'The person has to sign in'],
  'select-account': ['account_selection_required', 'The person has to choose an account'],
  consent: ['consent_required', 'The person has to allow the request'],
}
