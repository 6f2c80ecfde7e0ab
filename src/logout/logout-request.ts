import type { Client } from '../clients/client.ts'
import type { ClientRegistry } from '../clients/client-registry.ts'
import type { Keyring } from '../keys/keyring.ts'
import { OAuthError } from '../protocol/errors.ts'
import { matchesRedirectUri } from '../protocol/url/redirect-uri.ts'
import type { Session } from '../sessions/session.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { verifyIdTokenHint } from '../tokens/people/id-token-hint.ts'

/** What a client asks for when it sends a browser to sign out (OpenID Connect RP-Initiated Logout 1.0 section 2). A row can keep it. */
export interface LogoutRequest {
  /** Whose session the client means, by an ID token that we signed; null: it sent none. */
  readonly hint: { readonly sub: string; readonly sid: string | null } | null
  /** Of the ID token or of `client_id`; null: neither was sent. The client may not exist. */
  readonly clientId: string | null
  /** As it was sent. Only {@link findLogoutTarget} says whether the browser may go there. */
  readonly redirectUri: string | null
  readonly state: string | null
  readonly uiLocales: string | null
}

interface Parameters {
  get(name: string): string | undefined
}

interface RequestDeps {
  readonly clients: ClientRegistry
  readonly keyring: Keyring
  readonly now: () => number
}

/** Characters of the longest value that is kept until the person has answered. */
const longestKept = 8192

/**
 * Reads the parameters. Throws `invalid_request` for an `id_token_hint` that no key of the tenant signed, for one that was issued to
 * another client than `client_id`, and for a longer value than fits. Throws StorageError.
 */
export async function parseLogoutRequest(
  parameters: Parameters,
  tenant: Tenant,
  deps: RequestDeps,
): Promise<LogoutRequest> {
  const hint = await readHint(parameters.get('id_token_hint'), tenant, deps)
  const clientId = parameters.get('client_id')
  if (hint && clientId !== undefined && clientId !== hint.clientId)
    throw refusal('The id_token_hint was issued to another client', 'hint_of_another_client')
  return {
    hint: hint ? { sub: hint.sub, sid: hint.sid ?? null } : null,
    clientId: keepable(hint?.clientId ?? clientId),
    redirectUri: keepable(parameters.get('post_logout_redirect_uri')),
    state: keepable(parameters.get('state')),
    uiLocales: keepable(parameters.get('ui_locales')),
  }
}

async function readHint(text: string | undefined, tenant: Tenant, deps: RequestDeps) {
  if (text === undefined) return undefined
  const hint = await verifyIdTokenHint(text, tenant, deps)
  if (!hint) throw refusal('The id_token_hint is not an ID token of this server', 'bad_hint')
  return hint
}

/** No store keeps a NUL or half a surrogate pair. */
function keepable(text: string | undefined): string | null {
  if (text === undefined) return null
  if (text.length > longestKept || text.includes('\0') || !text.isWellFormed())
    throw refusal('A parameter of the request is too long or malformed', 'unkeepable_parameter')
  return text
}

/** Where the browser goes afterwards, and for whom. */
export interface LogoutTarget {
  /** The active client that asks; undefined: it did not say, or it does not exist. */
  readonly client: Client | undefined
  /** With `state`; undefined: the browser stays at our page. */
  readonly url: string | undefined
}

/**
 * Finds where the browser goes. A `post_logout_redirect_uri` counts only if a client is named, and must be one of its registered ones,
 * compared like redirect URIs. Throws `invalid_request` for any other, so that nobody is sent to a place of a stranger. Throws
 * StorageError.
 */
export async function findLogoutTarget(
  { clientId, redirectUri, state }: LogoutRequest,
  tenant: Tenant,
  { clients }: Pick<RequestDeps, 'clients'>,
): Promise<LogoutTarget> {
  if (clientId === null) return { client: undefined, url: undefined }
  const found = await clients.of(tenant.id).find(clientId)
  const client = found?.active ? found : undefined
  if (redirectUri === null) return { client, url: undefined }
  // The port of a loopback address is free, as that of a redirect URI is (RFC 8252 section 7.3).
  if (!client?.post_logout_redirect_uris.some((known) => matchesRedirectUri(known, redirectUri)))
    throw refusal('The post_logout_redirect_uri is not registered for the client', 'unregistered_uri')
  return { client, url: state === null ? redirectUri : withState(redirectUri, state) }
}

/** The registered text stays as it is, because URL would write some of them in another way. */
function withState(uri: string, state: string): string {
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`
}

/** Whether the ID token that came with the request is of this session, so that nobody has to be asked. */
export function isHinted({ hint }: LogoutRequest, { sub, sid }: Pick<Session, 'sub' | 'sid'>): boolean {
  return hint !== null && hint.sub === sub && (hint.sid === null || hint.sid === sid)
}

function refusal(description: string, reason: string): OAuthError {
  return new OAuthError('invalid_request', description, { reason })
}
