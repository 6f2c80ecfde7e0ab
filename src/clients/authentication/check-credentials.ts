import type { AuthenticationMethodName } from '../../protocol/client-authentication.ts'
import type { OAuthError } from '../../protocol/errors.ts'
import { type Client, credentialsOf, mayUse } from '../client.ts'
import type { ClientAttempt } from './client-attempt.ts'
import type { CheckDeps, CheckedClient, CredentialCheck, FailedCheck } from './credential-check.ts'
import type { Proof } from './proof.ts'

/** A client that proved who it is. */
export interface AuthenticatedClient {
  readonly client: Client
  readonly proof: Proof
}

/** The client that a request claims to be from, and the check of its credentials. */
export interface ClaimedIdentity {
  readonly clientId: string
  readonly method: AuthenticationMethodName
  readonly check: CredentialCheck
}

export interface Failure {
  readonly failed: FailedCheck
  /** The client that the request claims to be from; undefined: there is none. */
  readonly client: Client | undefined
  /** See {@link ClientAttempt.fail}. */
  readonly refusal: OAuthError | undefined
}

/**
 * Checks the credentials of a client. A client of config.yaml with the right credentials costs no read of the storage.
 *
 * Every failure does the same work in the same order, so that the time does not tell whether the client exists. It checks against a
 * client of config.yaml: the claimed one or a dummy. Then it reads one row of a stored client, the claimed one or one near it, and checks
 * against that. `bench/timing.ts` measures this.
 *
 * A failure is counted as soon as the credentials are known to be wrong, before other requests run. Otherwise many requests at once
 * would be checked before any of them counts.
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
  // The rest is the work that a failure of any other client does too.
  clients.findConfigured(noClientId)
  clients.findDummy(client.id)
  const near = await clients.findNearStored(client.id).catch((cause: unknown) => {
    throw refusal ?? cause
  })
  await admitInVain(attempt)
  if (near) await check.workInVain(viewFor(near, method))
  return { failed: chooseReason(outcome, explained), client, refusal }
}

/**
 * Does the work of a failure for an attempt that has to wait, the same for every client. It skips slow hashes, like an attempt that
 * may go on only because its address is known.
 */
export async function checkInVain({ clientId, check }: ClaimedIdentity, deps: CheckDeps): Promise<void> {
  const { clients } = deps
  clients.findConfigured(clientId)
  await check.workInVain(findDummy(clientId, deps))
  const near = await clients.findNearStored(clientId)
  if (near) await check.workInVain({ ...near, isUsable: false })
}

/** No client has this id. */
const noClientId = '\0'

async function checkStored(
  claimed: ClaimedIdentity,
  deps: CheckDeps,
): Promise<AuthenticatedClient | Failure> {
  const { clientId, check, method } = claimed
  const { clients, attempt, onClaimed } = deps
  // An attempt from a new address checks against the dummy first, which may be slow, as for a client of config.yaml.
  const dummy = findDummy(clientId, deps)
  const isNew = check.isQuick(dummy) || !attempt.isRemembered()
  if (isNew) {
    const vain = check.findProof(dummy)
    if (vain instanceof Promise) await vain
    await check.explain(dummy)
  }
  const near = await clients.findNearStored(clientId).catch(async (cause: unknown) => {
    if (!isNew) await check.workInVain(dummy)
    // While the storage is away, an attempt that has to wait gets that error, from a known address and from a new one.
    throw attempt.fail() ?? cause
  })
  for (let held = attempt.admit(); held; held = attempt.admit()) await held
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
  return { failed: chooseReason(outcome, client && explained), client, refusal }
}

/** Ignores that the attempt now has to wait: its failure is counted already, and its answer is that of a failure. */
async function admitInVain(attempt: ClientAttempt): Promise<void> {
  try {
    await attempt.admit()
  } catch {
    // Only the time of the call matters.
  }
}

function findDummy(clientId: string, { clients }: CheckDeps): CheckedClient {
  return { ...clients.findDummy(clientId), isUsable: false }
}

function viewFor(client: Client, method: AuthenticationMethodName): CheckedClient {
  return { ...credentialsOf(client), isUsable: client.active && mayUse(client, method) }
}

/** `other_method` is the better reason: if a client may not use the method at all, the fault in its credentials does not matter. */
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
