import type { AuthenticationMethodName } from '../../protocol/client-authentication.ts'
import { type Finding, OAuthError } from '../../protocol/errors.ts'
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
import { findFailure } from './failure-finding.ts'

export interface AuthenticationDeps extends Omit<CheckDeps, 'attempt'> {
  /** Begins an attempt to authenticate as this client. Default: failures are not counted. */
  readonly openAttempt?: (clientId: string) => ClientAttempt
}

/**
 * Authenticates the client that sent a request. Throws `invalid_request` for two methods at once (RFC 6749 section 2.3). Throws
 * `invalid_client` for an unknown client, wrong credentials, a method that the client may not use, and an inactive client. In all four
 * cases the answer has the same bytes and the server does the same work. The message of the error names missing and malformed
 * credentials, because that reveals nothing about a client but that it is not public. The `reason` of the error says which check failed.
 * Also throws the errors of `openAttempt`.
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
  for (let held = attempt.admit(); held; held = attempt.admit()) {
    await held.catch((cause: unknown) => workInVain(claimed, checkDeps, cause))
  }
  const outcome = await checkCredentials(claimed, checkDeps)
  if ('failed' in outcome) {
    const finding = findFailure({ ...outcome, ...claimed, now: deps.now() })
    throw outcome.refusal ?? failed(isPublic ? 'no_credentials' : outcome.failed, presented, deps, finding)
  }
  const spent = await claimed.check.consume?.()
  if (spent) {
    const finding = findFailure({ failed: spent, ...claimed, client: outcome.client, now: deps.now() })
    throw attempt.fail() ?? failed(spent, presented, deps, finding)
  }
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
  if (used > 1)
    throw new OAuthError('invalid_request', 'More than one client authentication method was used', {
      finding: {
        check: 'one authentication method',
        saw: `credentials for ${used} methods`,
        wanted: 'HTTP Basic, or client_secret, or client_assertion',
      },
    })
  if (typeof basic !== 'object' || clientId === undefined || clientId === basic.clientId) return
  throw new OAuthError('invalid_request', 'The client_id differs from that of the Authorization header', {
    finding: {
      check: 'one client_id',
      saw: 'a client_id in the form and another one in the Authorization header',
      wanted: 'the same in both, or none in the form',
    },
  })
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

function findUnusable(reason: string): Finding {
  return reason === 'no_credentials'
    ? {
        check: 'client credentials',
        saw: 'neither an Authorization header nor client_secret nor client_assertion',
        wanted: 'the credentials of a client, in one of these ways',
      }
    : {
        check: 'client credentials',
        saw: 'an Authorization header that is not Basic, or client_secret without client_id, or a client_assertion that is no signed JWT or of another type',
        wanted: 'client_id:client_secret in Basic, both in the form, or a signed JWT',
      }
}

function failed(
  reason: FailedCheck | UnusableCredentials,
  { basic }: PresentedClient,
  { tenantId }: Pick<AuthenticationDeps, 'tenantId'>,
  finding: Finding = findUnusable(reason),
): OAuthError {
  const challenge = { scheme: 'Basic', realm: tenantId, withError: false } as const
  const options = { reason, finding, ...(basic !== undefined && { challenge }) }
  return isUnusable(reason)
    ? new OAuthError('invalid_client', sentences[reason], options)
    : new OAuthError('invalid_client', 'Client authentication failed', options)
}
