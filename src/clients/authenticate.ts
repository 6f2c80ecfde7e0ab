import type { SecretChecker } from '../keys/secrets.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Client } from './client.ts'
import type { TenantClients } from './registry.ts'

/** What a request holds of its client, before anything of it is believed. */
export interface PresentedClient {
  /** From the Authorization header; 'malformed' for a header that is no usable Basic, undefined for none. */
  readonly basic: ClientCredentials | 'malformed' | undefined
  /** From the body. */
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
}

export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
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

export interface AuthenticationDeps {
  readonly clients: TenantClients
  readonly secrets: SecretChecker
  /** Tells when the client goes away. */
  readonly findSignal?: () => AbortSignal
  /** Names the realm of the challenge. */
  readonly tenantId: string
}

/**
 * The client that a request is from. Throws `invalid_request` for two methods at once, and `invalid_client`,
 * the same in bytes and in work, for an unknown client, a wrong secret and an inactive client.
 */
export async function authenticateClient(
  presented: PresentedClient,
  deps: AuthenticationDeps,
): Promise<Client> {
  const { tenantId } = deps
  const used = authenticationMethods.map(({ find }) => find(presented)).filter((found) => found !== undefined)
  checkOneMethod(presented, used.length)
  const [credentials] = used
  const known = await checkCredentials(credentials, deps)
  if (known) return known
  const challenge = { scheme: 'Basic', realm: tenantId, withError: false } as const
  throw new OAuthError('invalid_client', 'Client authentication failed', {
    ...(presented.basic !== undefined && { challenge }),
  })
}

function checkOneMethod({ basic, clientId }: PresentedClient, used: number): void {
  if (used > 1) throw new OAuthError('invalid_request', 'More than one client authentication method was used')
  if (typeof basic !== 'object' || clientId === undefined || clientId === basic.clientId) return
  throw new OAuthError('invalid_request', 'The client_id differs from that of the Authorization header')
}

async function checkCredentials(
  credentials: ClientCredentials | 'malformed' | undefined,
  { clients, secrets, findSignal }: AuthenticationDeps,
): Promise<Client | undefined> {
  if (typeof credentials !== 'object') return undefined
  const { clientId, clientSecret } = credentials
  const client = clients.find(clientId)
  // Found for a known client too: the work must be the same.
  const decoy = clients.findDecoy(clientId)
  const hash = client?.secretHash ?? decoy
  const useMemory = client?.active === true
  const right = await secrets.check(clientSecret, hash, { useMemory, ...(findSignal && { findSignal }) })
  return right && client?.active ? client : undefined
}
