import type { SecretChecker } from '../keys/secrets.ts'
import { OAuthError } from '../protocol/errors.ts'
import { type Client, type ClientSecret, validSecrets } from './client.ts'
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
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Tells when the client goes away. */
  readonly findSignal?: () => AbortSignal
  /** Called with the client that the request claims to be from, when there is such a client. */
  readonly onClaimed?: (client: Client) => void
  /** Names the realm of the challenge. */
  readonly tenantId: string
}

/** A client that proved who it is. */
export interface AuthenticatedClient {
  readonly client: Client
  /** The secret that it proved it with. */
  readonly secret: ClientSecret
}

/**
 * The client that a request is from. Throws `invalid_request` for two methods at once, and `invalid_client`,
 * the same in bytes and in work, for an unknown client, a wrong secret and an inactive client.
 */
export async function authenticateClient(
  presented: PresentedClient,
  deps: AuthenticationDeps,
): Promise<AuthenticatedClient> {
  const { tenantId } = deps
  const used = authenticationMethods.map(({ find }) => find(presented)).filter((found) => found !== undefined)
  checkOneMethod(presented, used.length)
  const [credentials] = used
  const known = typeof credentials === 'object' ? await checkCredentials(credentials, deps) : undefined
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

/** A client of config.yaml with its right secret costs no look into the storage; every failure costs the same. */
async function checkCredentials(
  { clientId, clientSecret }: ClientCredentials,
  deps: AuthenticationDeps,
): Promise<AuthenticatedClient | undefined> {
  const { clients } = deps
  const configured = clients.findConfigured(clientId)
  if (configured) {
    const authenticated = await checkSecret(clientSecret, configured, deps)
    if (authenticated) return authenticated
    // What the failure of an unknown client does besides.
    clients.findDecoy(clientId)
    await clients.findStored(clientId)
    return undefined
  }
  const checkDecoy = () => matchSecret(clientSecret, clients.findDecoy(clientId), { deps, useMemory: false })
  const stored = await clients.findStored(clientId).catch(async (cause: unknown) => {
    // A configured client with a wrong secret pays for its check before the storage says no.
    await checkDecoy()
    throw cause
  })
  const authenticated = stored && (await checkSecret(clientSecret, stored, deps))
  // A stored client has fast hashes: where those of the file are slow, a failure has to be as slow.
  if (!authenticated) await checkDecoy()
  return authenticated
}

async function checkSecret(
  clientSecret: string,
  client: Client,
  deps: AuthenticationDeps,
): Promise<AuthenticatedClient | undefined> {
  deps.onClaimed?.(client)
  const secret = await matchSecret(clientSecret, client.secrets, { deps, useMemory: client.active })
  return secret && client.active ? { client, secret } : undefined
}

async function matchSecret(
  clientSecret: string,
  among: readonly ClientSecret[],
  { deps, useMemory }: { deps: AuthenticationDeps; useMemory: boolean },
): Promise<ClientSecret | undefined> {
  const { secrets, now, findSignal } = deps
  const valid = validSecrets(among, now())
  const hashes = valid.map(({ hash }) => hash)
  const index = await secrets.findMatch(clientSecret, hashes, {
    useMemory,
    ...(findSignal && { findSignal }),
  })
  return index === undefined ? undefined : valid[index]
}
