import type { TenantClients } from '../../clients/client-registry.ts'
import { OAuthError, sentTwice } from '../../protocol/errors.ts'
import { oneOf, quoted, uriText } from '../../protocol/finding-words.ts'
import { matchesRedirectUri } from '../../protocol/url/redirect-uri.ts'
import type { ReturnAddress } from '../authorization-request.ts'
import type { RequestParameters } from '../request-parameters.ts'
import { findResponseMode } from './response-mode.ts'

/**
 * Proves the client and its redirect URI, so that the errors of later checks can go there. Throws `invalid_request`, which must not go
 * anywhere but to a page (RFC 6749 section 4.1.2.1), and StorageError. An unknown client and an inactive one look the same.
 */
export async function proveReturnAddress(
  parameters: RequestParameters,
  clients: Pick<TenantClients, 'find'>,
): Promise<ReturnAddress> {
  for (const name of ['client_id', 'redirect_uri']) if (parameters.isRepeated(name)) throw sentTwice(name)
  const client = await clients.find(required(parameters, 'client_id'))
  if (!client?.active)
    throw new OAuthError('invalid_request', 'The client is unknown', {
      reason: client ? 'inactive_client' : 'unknown_client',
      finding: {
        check: 'client',
        saw: client
          ? `the client ${quoted(client.id)}, which is not active`
          : 'a client_id that no client of the tenant has',
        wanted: 'the id of an active client',
      },
    })
  const redirectUri = required(parameters, 'redirect_uri')
  if (!client.redirect_uris.some((registered) => matchesRedirectUri(registered, redirectUri)))
    throw new OAuthError('invalid_request', 'The redirect_uri is not registered for the client', {
      reason: 'unregistered_uri',
      finding: {
        check: 'redirect_uri of the client',
        saw: `${uriText(redirectUri)} for the client ${quoted(client.id)}`,
        wanted: oneOf(client.redirect_uris),
      },
    })
  // A state that is refused for its length would make a header that no proxy takes, so the client would not learn of the refusal.
  const state = parameters.getShort('state')
  return { client, redirectUri, responseMode: findResponseMode(parameters), state }
}

function required(parameters: RequestParameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw new OAuthError('invalid_request', `Missing ${name} parameter`)
  return value
}
