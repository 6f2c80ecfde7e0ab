import type { Client } from '../../clients/client.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { reservedScopes } from '../../protocol/reserved-scopes.ts'
import type { ApiKeySettings, OAuth2Tenant } from '../../tenants/tenant.ts'
import type { StandingApiKey } from './api-key-standing.ts'

/** A tenant that has API keys. */
export interface ApiKeyTenant extends OAuth2Tenant {
  readonly settings: ApiKeySettings
}

/** The caller that creates or rotates a key. */
export interface ApiKeyCreator {
  /** The current client of the caller. */
  readonly client: Client
  /** The scopes of the caller's token. */
  readonly tokenScopes: readonly string[]
  /** The caller's API key; undefined: the caller has an access token. */
  readonly parent: StandingApiKey | undefined
}

/** Whether a key of this client can have the scope, by the current settings of both. */
export function mayHoldScope(scope: string, { settings }: ApiKeyTenant, client: Client): boolean {
  return settings.allowed_scopes.includes(scope) && client.scopes.includes(scope) && !isForNoApiKey(scope)
}

function isForNoApiKey(scope: string): boolean {
  return scope === reservedScopes.admin || scope === reservedScopes.manageAllApiKeys
}

/** Throws `invalid_scope` for a scope that the caller's token does not have, because a caller must not pass on more than its own rights. */
export function checkHeld(scopes: readonly string[], { tokenScopes }: ApiKeyCreator): void {
  const missing = scopes.find((scope) => !tokenScopes.includes(scope))
  if (missing === undefined) return
  // The error may name the scope, because it is a scope of the client.
  throw new OAuthError(
    'invalid_scope',
    `The access token does not have the scope ${missing}, so it cannot pass it on`,
  )
}
