import { signsPeopleIn } from '../../protocol/grant-types.ts'
import { findClientFaults } from '../../protocol/people/client-rules.ts'
import { isPeopleScope } from '../../protocol/people/people-scopes.ts'
import { findOpenidFaults } from '../../protocol/people/tenant-rules.ts'
import { isPlainHttp } from '../../protocol/url/redirect-uri.ts'
import type { ClientConfig } from '../client-schema.ts'
import type { Config } from '../schema.ts'
import type { TenantConfig } from '../tenant-schema.ts'
import { type Path, renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'
import type { Partly } from './partly.ts'

/** Checks the settings of a tenant and of its clients that concern people. */
export function checkPeopleSettings(tenant: Partly<TenantConfig>, path: Path, source: Source): void {
  checkOpenid(tenant, path, source)
  const clients = tenant.clients ?? {}
  // Not Object.entries, which makes a pair for each of a hundred thousand clients.
  for (const clientId in clients) {
    const client = clients[clientId]
    if (!client || isForItself(client)) continue
    checkClient(client, { tenant, path: [...path, 'clients', clientId] }, source)
  }
}

/** Whether the client gets tokens for itself alone, as most of a hundred thousand clients do, so that no rule concerns it. */
function isForItself(client: Partly<ClientConfig>): boolean {
  const {
    grant_types: types,
    redirect_uris,
    backchannel_logout_uri: uri,
    token_endpoint_auth_method: method,
  } = client
  const isService = types?.length === 1 && types[0] === 'client_credentials'
  return isService && !uri && !redirect_uris?.length && method !== 'none'
}

interface Placed {
  readonly tenant: Partly<TenantConfig>
  readonly path: Path
}

function checkClient(client: Partly<ClientConfig>, { tenant, path }: Placed, source: Source): void {
  for (const { name, message } of findClientFaults(client, tenant)) {
    source.refuse([...path, name], `${renderPath([...path, name])} ${message}`)
  }
  const warn = (step: Path, message: string) =>
    source.warn([...path, ...step], `${renderPath([...path, ...step])} ${message}`)
  if (client.require_pkce === false && client.token_endpoint_auth_method !== 'none')
    warn(
      ['require_pkce'],
      'is false: a stolen code is worth more; set it to true where the client can do PKCE',
    )
  for (const [index, uri] of (client.redirect_uris ?? []).entries()) {
    if (uri && isPlainHttp(uri)) warn(['redirect_uris', index], `is ${uri}: codes travel in clear; use https`)
  }
  if (client.redirect_uris?.length && client.grant_types?.includes('authorization_code') === false)
    warn(['redirect_uris'], 'has no use without authorization_code in grant_types; nobody signs in there')
  const { backchannel_logout_uri: uri } = client
  if (uri && isPlainHttp(uri))
    warn(['backchannel_logout_uri'], `is ${uri}: logout tokens travel in clear; use https`)
}

/** The settings of durations that count only where they are shorter than another, with their defaults. */
const idles = [
  ['oidc', 'session_idle', 'session_ttl', 7200],
  ['oauth2', 'refresh_token_idle', 'refresh_token_ttl', 7 * 86_400],
] as const

function checkOpenid({ oidc, oauth2, clients }: Partly<TenantConfig>, path: Path, source: Source): void {
  const unused = oauth2
    ? []
    : [...(oidc ? ['oidc'] : []), ...(Object.keys(clients ?? {}).length > 0 ? ['clients'] : [])]
  for (const block of unused) {
    const where = [...path, block]
    source.warn(where, `${renderPath(where)} has no use without oauth2; write oauth2: {} beside it`)
  }
  const declared = oauth2?.scopes ?? {}
  for (const { path: inside, message } of findOpenidFaults(oidc ?? {}, (scope) =>
    Object.hasOwn(declared, scope),
  )) {
    const where = [...path, 'oidc', ...inside]
    source.refuse(where, `${renderPath(where)} ${message}`)
  }
  for (const scope of oidc ? Object.keys(declared).filter(isPeopleScope) : []) {
    const where = [...path, 'oauth2', 'scopes', scope]
    source.warn(
      where,
      `${renderPath(where)} is a scope of OpenID Connect, which needs no declaring; leave it out`,
    )
  }
  for (const [block, idle, ttl, byDefault] of idles) {
    const values: Readonly<Record<string, unknown>> = (block === 'oidc' ? oidc : oauth2) ?? {}
    const [short, long] = [Number(values[idle]), Number(values[ttl])]
    if (!(short > long) || short === byDefault) continue
    const where = [...path, block, idle]
    source.warn(where, `${renderPath(where)} is ${short} seconds, and ${ttl} ends all after ${long}`)
  }
}

/**
 * The path of the first client that signs people in, where the server is reached without TLS from other machines. Browsers keep the
 * cookies of people only over https and on loopback.
 */
export function findSigningClient({ tenants }: Partly<Config>): Path | undefined {
  for (const [tenantId, tenant] of Object.entries(tenants ?? {})) {
    for (const [clientId, client] of Object.entries(tenant?.clients ?? {})) {
      const types = (client?.grant_types ?? []).filter((type) => type !== undefined)
      if (signsPeopleIn(types)) return ['tenants', tenantId, 'clients', clientId]
    }
  }
  return undefined
}
