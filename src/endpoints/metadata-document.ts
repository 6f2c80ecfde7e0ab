import { prompts, responseModes } from '../authorization/authorization-request.ts'
import { authenticationMethods } from '../clients/authentication/authentication-methods.ts'
import { grants } from '../grants/grant-table.ts'
import { assertionAlgorithms } from '../protocol/client-jwks.ts'
import type { JwkSet, ServerMetadata } from '../protocol/messages.ts'
import { acrValues } from '../protocol/people/acr.ts'
import { locales } from '../protocol/people/locales.ts'
import { isPeopleScope, peopleScopes } from '../protocol/people/people-scopes.ts'
import { reservedScopes } from '../protocol/reserved-scopes.ts'
import { type OAuth2Tenant, type Tenant, tenantPath } from '../tenants/tenant.ts'
import { supportedClaims } from '../tokens/people/person-claims.ts'

const methodNames = authenticationMethods.map(({ name }) => name)
/** The methods by which a client proves who it is. Public clients are of use only where people sign in. */
export const proofNames = methodNames.filter((name) => name !== 'none')
/** The algorithms of client assertions. They are the same at each endpoint. */
export const algorithmNames = Object.keys(assertionAlgorithms)

/** The metadata of a tenant (RFC 8414 section 2, OpenID Connect Discovery section 3). It lists only what the tenant really has. */
export function buildMetadata(
  { tenant, oauth2 }: OAuth2Tenant,
  jwks: JwkSet,
  publicUrl: string,
): ServerMetadata {
  const base = `${publicUrl}${tenantPath(tenant.id)}`
  const scopes = scopesOf({ tenant, oauth2 })
  const algorithms = [...new Set(jwks.keys.map(({ alg }) => alg))]
  const methods = tenant.oidc ? methodNames : proofNames
  return {
    issuer: tenant.issuer,
    // Verifiers and clients that never use it refuse a document without it. Where nobody signs in, it answers every request with an error.
    authorization_endpoint: `${base}/oauth/authorize`,
    token_endpoint: `${base}/oauth/token`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    // Required by RFC 8414 section 2. It is empty where the authorization endpoint supports no response type.
    response_types_supported: tenant.oidc ? ['code'] : [],
    grant_types_supported: grantNames(tenant),
    // OpenID Connect Discovery section 3 requires this one and the next. The subject of a token is the same for every API.
    subject_types_supported: ['public'],
    // Verifiers of access tokens read the algorithms here too, and some assume RS256 without it.
    id_token_signing_alg_values_supported: algorithms,
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: algorithmNames,
    introspection_endpoint: `${base}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: proofNames,
    introspection_endpoint_auth_signing_alg_values_supported: algorithmNames,
    revocation_endpoint: `${base}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: algorithmNames,
    ...(tenant.oidc && describeOpenid(tenant, tenant.oidc, { base, algorithms })),
  }
}

function scopesOf({ tenant, oauth2 }: OAuth2Tenant): string[] {
  const declared = Object.keys(oauth2.scopes)
  const ofApi = tenant.oidc ? declared.filter((scope) => !isPeopleScope(scope)) : declared
  return [
    ...(tenant.oidc ? peopleScopes : []),
    ...ofApi,
    ...(tenant.api_keys ? [reservedScopes.manageApiKeys] : []),
  ]
}

function grantNames({ oidc }: Tenant): string[] {
  return Object.values(grants)
    .filter(({ isOfPeople }) => oidc !== null || !isOfPeople)
    .map(({ type }) => type)
}

/** The claims of an ID token that concern the sign-in, not the person. */
const signInClaims = ['iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid']

function describeOpenid(
  tenant: Tenant,
  { sign_in: { privacy_url, terms_url } }: NonNullable<Tenant['oidc']>,
  { base, algorithms }: { readonly base: string; readonly algorithms: string[] },
): Partial<ServerMetadata> {
  return {
    userinfo_endpoint: `${base}/oauth/userinfo`,
    end_session_endpoint: `${base}/oauth/logout`,
    pushed_authorization_request_endpoint: `${base}/oauth/par`,
    device_authorization_endpoint: `${base}/oauth/device_authorization`,
    response_modes_supported: [...responseModes],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    require_pushed_authorization_requests: false,
    userinfo_signing_alg_values_supported: algorithms,
    claims_supported: [...new Set([...signInClaims, ...supportedClaims(tenant)])],
    claim_types_supported: ['normal'],
    claims_parameter_supported: true,
    request_parameter_supported: false,
    // True by default, so it has to be said.
    request_uri_parameter_supported: false,
    require_request_uri_registration: false,
    acr_values_supported: [...acrValues],
    prompt_values_supported: [...prompts],
    ui_locales_supported: [...locales],
    ...(privacy_url && { op_policy_uri: privacy_url }),
    ...(terms_url && { op_tos_uri: terms_url }),
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  }
}
