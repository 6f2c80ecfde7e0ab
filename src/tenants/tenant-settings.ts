import { plainSchema } from '../config/plain-schema.ts'
import { checkClaims, patchSettings } from '../config/settings.ts'
import { TenantSettings } from '../config/tenant-schema.ts'
import { OAuthError } from '../protocol/errors.ts'
import { findOpenidFaults, type OpenidFault } from '../protocol/people/tenant-rules.ts'
import { isReservedScope, reservedScopes } from '../protocol/reserved-scopes.ts'
import { defaultOwnerOf, isIssuerUrl, normalIssuer, wantedIssuer } from '../protocol/url/uri.ts'
import { isWebUrl, wantedWebUrl } from '../protocol/url/web-url.ts'
import { defaultIssuer } from './tenant.ts'

/** The settings of a stored tenant, as the admin API takes them. */
export const TenantSettingsInput = plainSchema(TenantSettings)

export interface PatchTenantOptions {
  readonly id: string
  /** The base of default issuers. */
  readonly publicUrl: string
}

/**
 * Applies a merge patch to settings. Throws `invalid_request`, and `conflict` for an issuer that is the default issuer of another
 * tenant.
 */
export function patchTenantSettings(
  current: Partial<TenantSettings>,
  patch: Readonly<Record<string, unknown>>,
  { id, publicUrl }: PatchTenantOptions,
): TenantSettings {
  const settings = patchSettings(TenantSettingsInput, current, patch)
  checkIssuer(settings, current, { id, publicUrl })
  checkDeclared(settings, current)
  checkApiKeys(settings, current)
  checkRotation(settings)
  checkOpenid(settings, current)
  checkClaims(settings.oauth2?.claims ?? {}, 'oauth2.claims')
  return settings
}

/** An issuer of an earlier build that is the default one of another tenant at another host stays, so that other settings can be changed. */
function checkIssuer(
  { issuer }: TenantSettings,
  current: Partial<TenantSettings>,
  { id, publicUrl }: PatchTenantOptions,
): void {
  if (issuer === null) return
  if (!isIssuerUrl(issuer))
    throw new OAuthError('invalid_request', `The field issuer must be ${wantedIssuer}`)
  const spelling = normalIssuer(issuer)
  const isDefault = `${spelling}/`.startsWith(`${normalIssuer(defaultIssuer('', publicUrl))}/`)
  if (isDefault && spelling !== normalIssuer(defaultIssuer(id, publicUrl))) throw issuerTaken()
  const owner = defaultOwnerOf(issuer)
  if (issuer !== current.issuer && owner !== undefined && owner !== id) throw issuerTaken()
}

export function issuerTaken(): OAuthError {
  return new OAuthError('conflict', 'Another tenant has this issuer')
}

/** Refuses reserved scopes, as config.yaml does. A reserved scope of an earlier build stays, so that other settings can be changed. */
function checkDeclared({ oauth2 }: TenantSettings, current: Partial<TenantSettings>): void {
  const known = current.oauth2?.scopes ?? {}
  const refused = Object.keys(oauth2?.scopes ?? {}).find(
    (scope) => isReservedScope(scope) && !Object.hasOwn(known, scope),
  )
  if (refused === undefined) return
  throw new OAuthError(
    'invalid_request',
    `The field oauth2.scopes has ${refused}, a scope of grantd itself; give it to clients without declaring it`,
  )
}

/** Checks API keys. A scope that they have already stays allowed. */
function checkApiKeys({ api_keys, oauth2 }: TenantSettings, current: Partial<TenantSettings>): void {
  if (!api_keys) return
  if (!oauth2) throw new OAuthError('invalid_request', 'The field api_keys wants oauth2 beside it')
  const { default_ttl, max_ttl } = api_keys
  if (default_ttl !== null && max_ttl !== null && default_ttl > max_ttl) {
    throw new OAuthError('invalid_request', 'The field api_keys.default_ttl must be at most max_ttl')
  }
  const known = [
    ...Object.keys(oauth2.scopes),
    ...(current.api_keys?.allowed_scopes ?? []),
    reservedScopes.manageApiKeys,
  ]
  if (api_keys.allowed_scopes.every((scope) => known.includes(scope))) return
  throw new OAuthError(
    'invalid_request',
    'The field api_keys.allowed_scopes has a scope that the tenant does not have',
  )
}

/** Checks rotation, as config.yaml does: a new key is published before it signs, and signs before the next key. */
function checkRotation({ signing }: TenantSettings): void {
  const { rotate_every, publish_ahead, jwks_max_age } = signing
  if (publish_ahead !== null && publish_ahead < jwks_max_age) {
    throw new OAuthError('invalid_request', 'The field signing.publish_ahead must be at least jwks_max_age')
  }
  if (rotate_every !== null && rotate_every <= (publish_ahead ?? jwks_max_age + 300)) {
    throw new OAuthError('invalid_request', 'The field signing.rotate_every must be more than publish_ahead')
  }
}

/** Checks the settings of people, as config.yaml does. A fault that the tenant has already may stay. */
function checkOpenid({ oidc, oauth2 }: TenantSettings, current: Partial<TenantSettings>): void {
  if (!oidc) return
  const { terms_url, privacy_url, help_url } = oidc.sign_in
  for (const [name, url] of Object.entries({ terms_url, privacy_url, help_url })) {
    if (url === null || isWebUrl(url)) continue
    throw new OAuthError('invalid_request', `The field oidc.sign_in.${name} must be ${wantedWebUrl}`)
  }
  const known = findOpenidFaults(current.oidc ?? {}, (scope) =>
    Object.hasOwn(current.oauth2?.scopes ?? {}, scope),
  )
  const isKnown = ({ path }: OpenidFault) => known.some((each) => each.path.join() === path.join())
  const fault = findOpenidFaults(oidc, (scope) => Object.hasOwn(oauth2?.scopes ?? {}, scope)).find(
    (each) => !isKnown(each),
  )
  // A scope is the sender's own text, and is not repeated.
  if (!fault) return
  const sentence = `The field oidc.${fault.path[0]} ${fault.message.replace(/^is /, 'has ')}`
  throw new OAuthError('invalid_request', sentence)
}
