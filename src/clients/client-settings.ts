import { ClientSettings } from '../config/client-schema.ts'
import { fillSettings } from '../config/fill-settings.ts'
import { plainSchema } from '../config/plain-schema.ts'
import { checkClaims, patchSettings } from '../config/settings.ts'
import { usesKeys, usesSecrets } from '../protocol/client-authentication.ts'
import { type ClientJwks, parseClientJwks } from '../protocol/client-jwks.ts'
import { OAuthError } from '../protocol/errors.ts'
import { findClientFaults, type RuledTenant, type RuleFault } from '../protocol/people/client-rules.ts'
import { peopleScopes } from '../protocol/people/people-scopes.ts'
import { isReservedScope } from '../protocol/reserved-scopes.ts'
import { isRedirectUri, wantedRedirectUri } from '../protocol/url/redirect-uri.ts'
import { isResourceUri } from '../protocol/url/resource.ts'
import { isWebOrigin, isWebUrl, wantedOrigin, wantedWebUrl } from '../protocol/url/web-url.ts'
import type { StoredClient } from './client.ts'

/** The settings of a stored client, as the admin API takes them. */
export const ClientSettingsInput = plainSchema(ClientSettings)

/** The settings of a tenant that decide what its clients can have. */
export interface TenantScopes extends RuledTenant {
  readonly oauth2: { readonly scopes: Readonly<Record<string, string>> } | null
}

/** An unchecked merge patch. */
export type SettingsPatch = Readonly<Record<string, unknown>>

/** Returns the settings of a new client. Throws `invalid_request`. */
export function createClientSettings(
  id: string,
  patch: SettingsPatch,
  tenant: TenantScopes,
): Omit<StoredClient, 'created_at' | 'secrets'> {
  const settings = patchSettings(ClientSettingsInput, {}, patch)
  checkScopes(settings, knownScopes(tenant))
  checkDefaults(settings, [])
  checkUrls(settings)
  checkPeople(settings, { tenant, known: [] })
  checkClaims(settings.claims, 'claims')
  return { ...settings, ...resolveKeys(settings), name: settings.name ?? id }
}

/**
 * Applies a patch to a client. A scope that the client has stays allowed even if the tenant has removed it, so that other settings can be
 * changed. Throws `invalid_request`.
 */
export function changeClientSettings(
  { id, client }: { id: string; client: StoredClient },
  patch: SettingsPatch,
  tenant: TenantScopes,
): StoredClient {
  const { created_at, secrets, ...current } = client
  const settings = patchSettings(ClientSettingsInput, current, patch)
  checkScopes(settings, [...knownScopes(tenant), ...(client.scopes ?? [])])
  checkDefaults(settings, client.default_scopes ?? [])
  checkUrls(settings)
  checkPeople(settings, { tenant, known: findClientFaults(fillSettings(ClientSettings, client), tenant) })
  checkClaims(settings.claims, 'claims')
  const isBySecrets = usesSecrets(settings.token_endpoint_auth_method)
  const shared = { ...settings, ...resolveKeys(settings), name: settings.name ?? id, created_at }
  return { ...shared, secrets: isBySecrets ? secrets : [] }
}

/** A client of private_key_jwt has keys and no secrets, and no other client has keys. */
function resolveKeys({ token_endpoint_auth_method, jwks }: ClientSettings): { jwks: ClientJwks | null } {
  if (!usesKeys(token_endpoint_auth_method)) {
    if (jwks === null) return { jwks }
    throw new OAuthError(
      'invalid_request',
      'The field jwks is for token_endpoint_auth_method private_key_jwt',
    )
  }
  const parsed = parseClientJwks(jwks ?? undefined)
  if (!('faults' in parsed)) return { jwks: parsed }
  const [fault] = parsed.faults
  const field = ['jwks', ...(fault?.path ?? [])].join('.')
  throw new OAuthError('invalid_request', `The field ${field} ${fault?.message}`)
}

function knownScopes({ oauth2, oidc }: TenantScopes): string[] {
  return [...Object.keys(oauth2?.scopes ?? {}), ...(oidc ? peopleScopes : [])]
}

/** Checks the forms that the schema of a request cannot express. */
function checkUrls(settings: ClientSettings): void {
  for (const name of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
    if (settings[name].every(isRedirectUri)) continue
    throw new OAuthError('invalid_request', `The field ${name} must be a list of ${wantedRedirectUri}`)
  }
  if (!settings.allowed_origins.every(isWebOrigin))
    throw new OAuthError('invalid_request', `The field allowed_origins must be a list of ${wantedOrigin}`)
  const { backchannel_logout_uri: uri } = settings
  if (uri !== null && !isWebUrl(uri))
    throw new OAuthError('invalid_request', `The field backchannel_logout_uri must be ${wantedWebUrl}`)
}

/**
 * Checks the rules between settings, as config.yaml does. A fault that the client has already may stay, so that it can be changed at all.
 */
function checkPeople(
  settings: ClientSettings,
  { tenant, known }: { readonly tenant: TenantScopes; readonly known: readonly RuleFault[] },
): void {
  const isKnown = (fault: RuleFault) => known.some(({ message }) => message === fault.message)
  const fault = findClientFaults(settings, tenant).find((each) => !isKnown(each))
  if (fault) throw new OAuthError('invalid_request', `The field ${fault.name} ${fault.message}`)
}

/** Checks the rules between values, as config.yaml does. */
function checkScopes({ scopes, default_scopes, resources }: ClientSettings, known: readonly string[]): void {
  if (!scopes.every((scope) => known.includes(scope) || isReservedScope(scope))) {
    throw new OAuthError('invalid_request', 'The field scopes has a scope that the tenant does not have')
  }
  if (!(default_scopes ?? []).every((scope) => scopes.includes(scope))) {
    throw new OAuthError('invalid_request', 'The field default_scopes has a scope that is not among scopes')
  }
  if (!resources.every(isResourceUri)) {
    throw new OAuthError('invalid_request', 'The field resources must be absolute URIs without fragment')
  }
}

/**
 * Refuses reserved scopes as defaults, because a token without requested scopes must not manage grantd. A reserved default that the client
 * has already may stay, because it is ignored when tokens are issued.
 */
function checkDefaults({ default_scopes }: ClientSettings, known: readonly string[]): void {
  if (!(default_scopes ?? []).some((scope) => isReservedScope(scope) && !known.includes(scope))) return
  throw new OAuthError('invalid_request', 'The field default_scopes has a scope that a request has to name')
}
