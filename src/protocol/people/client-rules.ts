import { type AuthenticationMethodName, isPublic } from '../client-authentication.ts'
import { signsPeopleIn } from '../grant-types.ts'
import { hasPrivateHost } from '../url/private-address.ts'

/** The settings of a client that the rules concern. A value that is undefined has a fault of its own, and breaks no rule. */
export interface RuledClient {
  readonly token_endpoint_auth_method?: AuthenticationMethodName | null | undefined
  readonly grant_types?: readonly (string | undefined)[] | undefined
  readonly introspect?: boolean | undefined
  readonly redirect_uris?: readonly unknown[] | undefined
  readonly consent?: string | undefined
  readonly require_pkce?: boolean | undefined
  readonly backchannel_logout_uri?: string | null | undefined
}

/** The tenant of a client, as far as the rules concern it. */
export interface RuledTenant {
  /** Null or undefined: the tenant is no OpenID Provider. */
  readonly oidc?: { readonly backchannel_logout_private_addresses?: boolean | undefined } | null | undefined
}

export interface RuleFault {
  /** The name of the setting. */
  readonly name: string
  /** The fault, as a predicate after the name. */
  readonly message: string
}

type Rule = (client: RuledClient, tenant: RuledTenant) => RuleFault | undefined

/** The rules between the settings of a client, for config.yaml and the admin API alike. */
const rules: readonly Rule[] = [
  needsOpenidProvider,
  refreshesSomething,
  isSentBack,
  provesItself,
  isNeverIntrospecting,
  isTrustedWithConsent,
  isBoundToCode,
  isCalledInPublic,
]

/** Finds every fault between the settings of a client. */
export function findClientFaults(client: RuledClient, tenant: RuledTenant): RuleFault[] {
  return rules.flatMap((rule) => rule(client, tenant) ?? [])
}

function typesOf({ grant_types }: RuledClient): readonly string[] {
  return (grant_types ?? []).filter((type) => type !== undefined)
}

function isPublicClient({ token_endpoint_auth_method }: RuledClient): boolean {
  return isPublic(token_endpoint_auth_method)
}

function needsOpenidProvider(client: RuledClient, { oidc }: RuledTenant): RuleFault | undefined {
  if (oidc || !signsPeopleIn(typesOf(client))) return undefined
  return { name: 'grant_types', message: 'has a grant that signs people in, which wants oidc at the tenant' }
}

function refreshesSomething(client: RuledClient): RuleFault | undefined {
  const types = typesOf(client)
  if (!types.includes('refresh_token') || signsPeopleIn(types)) return undefined
  return {
    name: 'grant_types',
    message: 'has refresh_token, which wants authorization_code or the device code grant beside it',
  }
}

function isSentBack(client: RuledClient): RuleFault | undefined {
  const isBroken = typesOf(client).includes('authorization_code') && client.redirect_uris?.length === 0
  if (!isBroken) return undefined
  return { name: 'redirect_uris', message: 'is empty, wanted at least one for authorization_code' }
}

function provesItself(client: RuledClient): RuleFault | undefined {
  if (!isPublicClient(client) || !typesOf(client).includes('client_credentials')) return undefined
  return {
    name: 'grant_types',
    message: 'has client_credentials, which a public client (token_endpoint_auth_method: none) cannot use',
  }
}

function isNeverIntrospecting(client: RuledClient): RuleFault | undefined {
  if (!isPublicClient(client) || client.introspect !== true) return undefined
  return { name: 'introspect', message: 'is true, which wants a client with a secret or keys' }
}

/** Anybody can send the id of a public client, so only the person can say who asks (RFC 9700 section 4.14, RFC 8252 section 8.6). */
function isTrustedWithConsent(client: RuledClient): RuleFault | undefined {
  if (!isPublicClient(client) || client.consent !== 'skip') return undefined
  return { name: 'consent', message: 'is skip, which wants a client with a secret or keys' }
}

/** Without a secret, PKCE alone binds a code to the client (RFC 9700 section 2.1.1). */
function isBoundToCode(client: RuledClient): RuleFault | undefined {
  if (!isPublicClient(client) || client.require_pkce !== false) return undefined
  return { name: 'require_pkce', message: 'is false, which wants a client with a secret or keys' }
}

function isCalledInPublic({ backchannel_logout_uri: uri }: RuledClient, { oidc }: RuledTenant) {
  if (!uri || oidc?.backchannel_logout_private_addresses || !hasPrivateHost(uri)) return undefined
  return {
    name: 'backchannel_logout_uri',
    message:
      'has a private address, which wants oidc.backchannel_logout_private_addresses: true at the tenant',
  }
}
