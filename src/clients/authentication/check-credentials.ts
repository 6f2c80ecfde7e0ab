import type { AuthenticationMethodName } from '../../protocol/client-authentication.ts'
import type { OAuthError } from '../../protocol/errors.ts'
import { type Client, mayUse } from '../client.ts'
import type { ClientAttempt } from './client-attempt.ts'
import type { CheckDeps, CheckedClient, CredentialCheck, FailedCheck } from './credential-check.ts'
import type { Proof } from './proof.ts'

/** A client that proved who it is. */
export interface AuthenticatedClient {
  readonly client: Client
  readonly proof: Proof
}

/** The client that a request claims to be from, and what is to prove it. */
export interface ClaimedIdentity {
  readonly clientId: string
  readonly method: AuthenticationMethodName
  readonly check: CredentialCheck
}

export interface Failure {
  readonly failed: FailedCheck
  /** See {@link ClientAttempt.fail}. */
  readonly refusal: OAuthError | undefined
}

/**
 * A client of config.yaml with the right credentials costs no read of the storage. Every failure does the same work in the same order,
 * wherever the client is and whether it exists: it checks against a client of config.yaml, the claimed one or a dummy; then it reads one
 * row of a stored client, the claimed one or one near it, and checks against that. A failure is counted as soon as the credentials
 * were wrong, before anything else has a turn: else many requests at once would be checked uncounted. `bench/timing.ts` measures it.
 */
export function checkCredentials(
  claimed: ClaimedIdentity,
  deps: CheckDeps,
): Promise<AuthenticatedClient | Failure> {
  const configured = deps.clients.findConfigured(claimed.clientId)
  return configured ? checkConfigured(configured, claimed, deps) : checkStored(claimed, deps)
}

async function checkConfigured(
  client: Client,
  { check, method }: ClaimedIdentity,
  { clients, attempt, onClaimed }: CheckDeps,
): Promise<AuthenticatedClient | Failure> {
  onClaimed?.(client)
  const checked = viewFor(client, method)
  const found = check.findProof(checked)
  const outcome = conclude(client, found instanceof Promise ? await found : found, { check, method })
  if (typeof outcome === 'object') return outcome
  const refusal = attempt.fail()
  const explained = await check.explain(checked)
  // From here on it is what the failure of any other client does besides.
  clients.findConfigured(noClientId)
  clients.findDummy(client.id)
  const near = await clients.findNearStored(client.id).catch((cause: unknown) => {
    throw refusal ?? cause
  })
  await admitInVain(attempt)
  if (near) await check.workInVain(viewFor(near, method))
  return { failed: chooseReason(outcome, explained), refusal }
}

/**
 * Does the work of a failure for an attempt that has to wait, whatever client it claims to be. Slow hashes are left out, as they are for
 * an attempt that only its address exempts.
 */
export async function checkInVain({ clientId, check }: ClaimedIdentity, deps: CheckDeps): Promise<void> {
  const { clients } = deps
  clients.findConfigured(clientId)
  await check.workInVain(findDummy(clientId, deps))
  const near = await clients.findNearStored(clientId)
  if (near) await check.workInVain({ ...near, isUsable: false })
}

/** No client has it. */
const noClientId = '\0'

async function checkStored(
  claimed: ClaimedIdentity,
  deps: CheckDeps,
): Promise<AuthenticatedClient | Failure> {
  const { clientId, check, method } = claimed
  const { clients, attempt, onClaimed } = deps
  // An attempt that is new here pays for the check of the dummy first, which may be slow, as if it were that of the client.
  const dummy = findDummy(clientId, deps)
  const isNew = check.isQuick(dummy) || !attempt.isRemembered()
  if (isNew) {
    const vain = check.findProof(dummy)
    if (vain instanceof Promise) await vain
    await check.explain(dummy)
  }
  const near = await clients.findNearStored(clientId).catch(async (cause: unknown) => {
    if (!isNew) await check.workInVain(dummy)
    // An attempt that has to wait is told so while the storage is away, whether the client came from here before or not.
    throw attempt.fail() ?? cause
  })
  const held = attempt.admit()
  if (held) await held
  const client = near?.id === clientId ? near : undefined
  if (client) onClaimed?.(client)
  const checked = near && viewFor(near, method)
  const found = checked && check.findProofAfter(checked)
  const proof = found instanceof Promise ? await found : found
  const outcome = client ? conclude(client, proof, claimed) : 'unknown_client'
  if (typeof outcome === 'object') return outcome
  const refusal = attempt.fail()
  const explained = checked && (await check.explain(checked))
  if (!isNew) await check.workInVain(dummy)
  return { failed: chooseReason(outcome, client && explained), refusal }
}

/** The failure was counted already, and an attempt that has to wait because of it is still answered as one that failed. */
async function admitInVain(attempt: ClientAttempt): Promise<void> {
  try {
    await attempt.admit()
  } catch {
    // For the time that it takes.
  }
}

function findDummy(clientId: string, { clients }: CheckDeps): CheckedClient {
  return { ...clients.findDummy(clientId), isUsable: false }
}

function viewFor(client: Client, method: AuthenticationMethodName): CheckedClient {
  return { isUsable: client.active && mayUse(client, method), secrets: client.secrets, jwks: client.jwks }
}

/** A client that may not use the method at all has a better reason than what its credentials lack. */
function chooseReason(outcome: FailedCheck, explained: FailedCheck | undefined): FailedCheck {
  return outcome === 'other_method' ? outcome : (explained ?? outcome)
}

function conclude(
  client: Client,
  proof: Proof | undefined,
  { check, method }: Pick<ClaimedIdentity, 'check' | 'method'>,
): AuthenticatedClient | FailedCheck {
  if (!mayUse(client, method)) return 'other_method'
  if (!proof) return check.failure
  return client.active ? { client, proof } : 'client_inactive'
}
