import type { Client } from '../../clients/client.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { quoted } from '../../protocol/finding-words.ts'
import { isPeopleScope } from '../../protocol/people/people-scopes.ts'
import { isReservedScope } from '../../protocol/reserved-scopes.ts'
import { checkScopes, parseScope } from '../../protocol/scope.ts'
import type { CheckedParameters } from './request-check.ts'

/**
 * The scopes of a request for a person's consent: those that it names, or the default ones of the client. Throws `invalid_scope` for one
 * that is neither of the client nor about people, and for a scope that manages this server: a client may have it, and nobody else by
 * signing in.
 */
export function parsePeopleScopes(
  scope: string | undefined,
  client: Client,
  known?: readonly string[],
): readonly string[] {
  const scopes = scope === undefined ? client.default_scopes : parseScope(scope)
  const own = scopes.filter((name) => !isPeopleScope(name))
  const reserved = own.find(isReservedScope)
  if (reserved !== undefined)
    throw new OAuthError('invalid_scope', 'A scope that manages this server is not for people', {
      finding: {
        check: 'scope',
        saw: quoted(reserved),
        wanted: 'a token of the client itself, by client_credentials',
      },
    })
  checkScopes(own, client.scopes, known)
  return withoutUseless(scopes, client)
}

/** The scopes of an authorization request. Throws `invalid_scope`. */
export function parseRequestedScopes({
  parameters,
  client,
  oauth2,
}: Pick<CheckedParameters, 'parameters' | 'client' | 'oauth2'>): readonly string[] {
  return parsePeopleScopes(parameters.get('scope'), client, Object.keys(oauth2.scopes))
}

/** `offline_access` is ignored where no refresh token can come of it (OpenID Connect Core section 11). */
function withoutUseless(scopes: readonly string[], { grant_types }: Client): readonly string[] {
  return grant_types.includes('refresh_token') ? scopes : scopes.filter((name) => name !== 'offline_access')
}
