import type { AuthenticationMethodName } from '../../protocol/client-authentication.ts'
import { OAuthError } from '../../protocol/errors.ts'
import {
  authenticationMethods,
  type FoundCredentials,
  type PresentedClient,
} from './authentication-methods.ts'
import {
  type AuthenticatedClient,
  type ClaimedIdentity,
  checkCredentials,
  checkInVain,
} from './check-credentials.ts'
import { type ClientAttempt, uncounted } from './client-attempt.ts'
import type { CheckDeps, FailedCheck } from './credential-check.ts'

export interface AuthenticationDeps extends Omit<CheckDeps, 'attempt'> {
  /** Begins an attempt to authenticate as this client. Default: failures are not counted. */
  readonly openAttempt?: (clientId: string) => ClientAttempt
}

/**
 * Authenticates the client that sent a request. Throws `invalid_request` for two methods at once (RFC 6749 section 2.3). Throws
 * `invalid_client` for an unknown client, wrong credentials, a method that the client may not use, and an inactive client. In all four
 * cases the answer has the same bytes and the server does the same work. The message of the error names missing and malformed
 * credentials, because that reveals nothing about a client but that it is not public. The `reason` of the error says which check failed. Also throws the errors of
 * `openAttempt`.
 */
export async function authenticateClient(
  presented: PresentedClient,
  deps: AuthenticationDeps,
): Promise<AuthenticatedClient> {
  const { method, credentials } = findCredentials(presented, deps)
  // Who proves nothing guesses nothing, and must not exempt its sender from a limit either.
  const isPublic = method === 'none'
  const attempt = (isPublic ? undefined : deps.openAttempt?.(credentials.clientId)) ?? uncounted
  const checkDeps = { ...deps, attempt }
  const claimed: ClaimedIdentity = {
    clientId: credentials.clientId,
    method,
    check: credentials.openCheck(checkDeps),
  }
  const admitted = attempt.admit()
  if (admitted) await admitted.catch((held: unknown) => workInVain(claimed, checkDeps, held))
  const outcome = await checkCredentials(claimed, checkDeps)
  if ('failed' in outcome) {
    throw outcome.refusal ?? failed(isPublic ? 'no_credentials' : outcome.failed, presented, deps)
  }
  const spent = await claimed.check.consume?.()
  if (spent) throw attempt.fail() ?? failed(spent, presented, deps)
  attempt.succeed()
  return outcome
}

interface Found {
  readonly method: AuthenticationMethodName
  readonly credentials: FoundCredentials
}

/** Returns the credentials of the one method that was used. */
function findCredentials(presented: PresentedClient, deps: Pick<AuthenticationDeps, 'tenantId'>): Found {
  const used = authenticationMethods.flatMap(({ name, find }) => {
    const credentials = find(presented)
    return credentials === undefined ? [] : [{ method: name, credentials }]
  })
  checkOneMethod(presented, used.length)
  const [found] = used
  if (!found) throw failed('no_credentials', presented, deps)
  const { method, credentials } = found
  if (credentials === 'malformed') throw failed('malformed_credentials', presented, deps)
  return { method, credentials }
}

/**
 * An attempt that has to wait does the same work as an attempt that is checked. Otherwise the time of the answer would reveal which
 * clients succeeded from this address before.
 */
async function workInVain(claimed: ClaimedIdentity, deps: CheckDeps, held: unknown): Promise<never> {
  // The attempt also has to wait while the storage is away.
  await checkInVain(claimed, deps).catch(() => undefined)
  throw held
}

function checkOneMethod({ basic, clientId }: PresentedClient, used: number): void {
  if (used > 1) throw new OAuthError('invalid_request', 'More than one client authentication method was used')
  if (typeof basic !== 'object' || clientId === undefined || clientId === basic.clientId) return
  throw new OAuthError('invalid_request', 'The client_id differs from that of the Authorization header')
}

type UnusableCredentials = 'no_credentials' | 'malformed_credentials'

/** These faults are visible in the request itself, so the answer may name them. */
const sentences: Readonly<Record<UnusableCredentials, string>> = {
  no_credentials: 'Client credentials are missing',
  malformed_credentials: 'The client credentials are malformed',
}

function isUnusable(reason: FailedCheck | UnusableCredentials): reason is UnusableCredentials {
  return reason in sentences
}

function failed(
  reason: FailedCheck | UnusableCredentials,
  { basic }: PresentedClient,
  { tenantId }: Pick<AuthenticationDeps, 'tenantId'>,
): OAuthError {
  const challenge = { scheme: 'Basic', realm: tenantId, withError: false } as const
  const options = { reason, ...(basic !== undefined && { challenge }) }
  return isUnusable(reason)
    ? new OAuthError('invalid_client', sentences[reason], options)
    : new OAuthError('invalid_client', 'Client authentication failed', options)
}
