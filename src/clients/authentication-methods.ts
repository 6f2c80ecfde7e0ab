import { OAuthError } from '../protocol/errors.ts'
import {
  type AuthenticatedClient,
  type CheckDeps,
  type ClientAttempt,
  type ClientCredentials,
  checkCredentials,
  checkInVain,
  type FailedCheck,
  uncounted,
} from './check-credentials.ts'

export type { AuthenticatedClient, ClientCredentials } from './check-credentials.ts'

/** What a request holds of its client, before anything of it is believed. */
export interface PresentedClient {
  /** From the Authorization header; 'malformed' for a header that is no usable Basic, undefined for none. */
  readonly basic: ClientCredentials | 'malformed' | undefined
  /** From the body. */
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
}

/** One way for a client to say who it is (RFC 6749 section 2.3.1), as metadata names it. */
interface AuthenticationMethod {
  readonly name: string
  /** The credentials of this method; 'malformed' when it was tried in vain, undefined when it was not used. */
  readonly find: (presented: PresentedClient) => ClientCredentials | 'malformed' | undefined
}

export const authenticationMethods: readonly AuthenticationMethod[] = [
  { name: 'client_secret_basic', find: ({ basic }) => basic },
  { name: 'client_secret_post', find: findPostedSecret },
]

function findPostedSecret({ clientId, clientSecret }: PresentedClient) {
  if (clientSecret === undefined) return undefined
  return clientId === undefined ? 'malformed' : { clientId, clientSecret }
}

export interface AuthenticationDeps extends Omit<CheckDeps, 'attempt'> {
  /** Begins an attempt to be this client; left out: nobody counts failures. */
  readonly openAttempt?: (clientId: string) => ClientAttempt
}

/**
 * The client that a request is from. Throws `invalid_request` for two methods at once, `invalid_client`, the same in bytes and in
 * work, for an unknown client, a wrong secret and an inactive client, and what `openAttempt` throws. Credentials that are missing or
 * malformed are named, because they say nothing about any client. Which check failed is in the `reason` of the error.
 */
export async function authenticateClient(
  presented: PresentedClient,
  deps: AuthenticationDeps,
): Promise<AuthenticatedClient> {
  const used = authenticationMethods.map(({ find }) => find(presented)).filter((found) => found !== undefined)
  checkOneMethod(presented, used.length)
  const [credentials = 'no_credentials'] = used
  if (credentials === 'malformed') throw failed('malformed_credentials', presented, deps)
  if (credentials === 'no_credentials') throw failed(credentials, presented, deps)
  const attempt = deps.openAttempt?.(credentials.clientId) ?? uncounted
  const admitted = attempt.admit()
  if (admitted) await admitted.catch((held: unknown) => workInVain(credentials, { ...deps, attempt }, held))
  const outcome = await checkCredentials(credentials, { ...deps, attempt })
  if ('failed' in outcome) throw outcome.refusal ?? failed(outcome.failed, presented, deps)
  attempt.succeed()
  return outcome
}

/** An attempt that has to wait does the work of one that is looked at for its address: else the time tells which ids came from there. */
async function workInVain(credentials: ClientCredentials, deps: CheckDeps, held: unknown): Promise<never> {
  // It has to wait while the storage is away, too.
  await checkInVain(credentials, deps).catch(() => undefined)
  throw held
}

function checkOneMethod({ basic, clientId }: PresentedClient, used: number): void {
  if (used > 1) throw new OAuthError('invalid_request', 'More than one client authentication method was used')
  if (typeof basic !== 'object' || clientId === undefined || clientId === basic.clientId) return
  throw new OAuthError('invalid_request', 'The client_id differs from that of the Authorization header')
}

type UnusableCredentials = 'no_credentials' | 'malformed_credentials'

/** What the request itself shows is told; what only this server knows is not. */
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
