import type { Hashing } from '../platform/hashing.ts'
import { deviceCodeGrantType } from '../protocol/grant-types.ts'
import { type Members, membersOf, parseJson } from '../protocol/members.ts'
import { isPeopleScope } from '../protocol/people/people-scopes.ts'
import { type BuiltClient, buildClient, type ForeignClient } from './build-client.ts'
import { textOf, textsOf } from './foreign.ts'
import type { ClientShape } from './member-types.ts'

/** Clients that every realm has. */
const builtIn = new Set([
  'account',
  'account-console',
  'admin-cli',
  'broker',
  'realm-management',
  'security-admin-console',
])
/** Scopes that every realm has and that bring claims of Keycloak. */
const builtInScopes = new Set([
  'roles',
  'web-origins',
  'microprofile-jwt',
  'acr',
  'basic',
  'service_account',
  'organization',
  'role_list',
  'saml_organization',
])

/** The types of the members that are read. */
export const keycloakShape: ClientShape = {
  decisive: {
    protocol: 'text',
    clientAuthenticatorType: 'text',
    enabled: 'flag',
    publicClient: 'flag',
    bearerOnly: 'flag',
    consentRequired: 'flag',
    standardFlowEnabled: 'flag',
    serviceAccountsEnabled: 'flag',
    implicitFlowEnabled: 'flag',
    directAccessGrantsEnabled: 'flag',
  },
  others: {
    name: 'text',
    secret: 'text',
    rootUrl: 'text',
    redirectUris: 'texts',
    webOrigins: 'texts',
    defaultClientScopes: 'texts',
    optionalClientScopes: 'texts',
    attributes: 'map',
  },
}

export function isBuiltInScope(name: string): boolean {
  return builtInScopes.has(name) || isPeopleScope(name)
}

/** Reads a client of a realm. */
export function readKeycloakClient(client: Members, hashing: Hashing): BuiltClient {
  const id = textOf(client['clientId']) ?? ''
  const skip = (why: string, isExpected: boolean): BuiltClient => ({
    client: undefined,
    leftOut: [{ what: `client '${id}'`, why, isExpected }],
  })
  if (builtIn.has(id)) return skip('it is of Keycloak itself', true)
  if ((textOf(client['protocol']) ?? 'openid-connect') !== 'openid-connect')
    return skip('it does not speak OpenID Connect', false)
  if (client['bearerOnly'] === true) return skip('an API that only checks tokens needs no client here', true)
  const proof = findProof(client)
  if (!proof)
    return skip(
      'it proves itself in a way that is not known here, or its public keys are not in the file',
      false,
    )
  return buildClient({ id, ...proof, ...readSettings(client) }, hashing)
}

type Proof = Pick<ForeignClient, 'method' | 'jwks' | 'secret'>

function findProof(client: Members): Proof | undefined {
  if (client['publicClient'] === true) return { method: 'none' }
  const way = textOf(client['clientAuthenticatorType']) ?? 'client-secret'
  if (way === 'client-secret') return { method: 'secret', secret: textOf(client['secret']) }
  const jwks = way === 'client-jwt' ? parseJson(membersOf(client['attributes'])['jwks.string']) : undefined
  return jwks === undefined ? undefined : { method: 'private_key_jwt', jwks }
}

function readSettings(client: Members): Omit<ForeignClient, 'id' | 'method' | 'jwks' | 'secret'> {
  const attributes = membersOf(client['attributes'])
  const redirectUris = textsOf(client['redirectUris']).map((uri) => withRoot(uri, textOf(client['rootUrl'])))
  const [defaults, optional] = ['defaultClientScopes', 'optionalClientScopes'].map((name) =>
    textsOf(client[name]).filter((scope) => !isBuiltInScope(scope)),
  ) as [string[], string[]]
  const name = textOf(client['name'])
  return {
    // A name such as ${client_web} is a key of a translation.
    name: name?.startsWith('${') ? undefined : name,
    active: client['enabled'] !== false,
    grants: findGrants(client, attributes),
    scopes: [...defaults, ...optional],
    defaultScopes: defaults,
    redirectUris,
    logoutUris: findLogoutUris(attributes, redirectUris),
    origins: findOrigins(textsOf(client['webOrigins']), redirectUris),
    backchannelLogoutUri: textOf(attributes['backchannel.logout.url']),
    asksConsent: client['consentRequired'] === true,
    requiresPkce: textOf(attributes['pkce.code.challenge.method']) !== undefined,
    accessTokenTtl: attributes['access.token.lifespan'],
  }
}

function findGrants(client: Members, attributes: Members): string[] {
  const isOn = (value: unknown) => value === true || value === 'true'
  return [
    ...(client['standardFlowEnabled'] === false ? [] : ['authorization_code', 'refresh_token']),
    ...(isOn(client['serviceAccountsEnabled']) ? ['client_credentials'] : []),
    ...(isOn(attributes['oauth2.device.authorization.grant.enabled'])
      ? [deviceCodeGrantType, 'refresh_token']
      : []),
    ...(isOn(client['implicitFlowEnabled']) ? ['implicit'] : []),
    ...(isOn(client['directAccessGrantsEnabled']) ? ['password'] : []),
    ...(isOn(attributes['oidc.ciba.grant.enabled']) ? ['ciba'] : []),
  ]
}

/** A redirect URI may be a path below the root URL. */
function withRoot(uri: string, root: string | undefined): string {
  return uri.startsWith('/') && root !== undefined ? `${root.replace(/\/$/, '')}${uri}` : uri
}

function findLogoutUris(attributes: Members, redirectUris: readonly string[]): readonly string[] {
  const all = (textOf(attributes['post.logout.redirect.uris']) ?? '').split('##')
  return all.flatMap((uri) => (uri === '+' ? redirectUris : uri === '' || uri === '-' ? [] : [uri]))
}

/** `+` stands for the origins of all redirect URIs. */
function findOrigins(origins: readonly string[], redirectUris: readonly string[]): readonly string[] {
  const ofUris = () =>
    redirectUris.flatMap((uri) => (/^https?:/.test(uri) ? (URL.parse(uri)?.origin ?? []) : []))
  return origins.flatMap((origin) => (origin === '+' ? ofUris() : [origin.replace(/\/$/, '')]))
}
