import { peopleScopes } from '../../protocol/people/people-scopes.ts'
import { isReservedScope, reservedScopes } from '../../protocol/reserved-scopes.ts'
import { findClaimFaults, type StaticClaims } from '../../protocol/static-claims.ts'
import { isInSubnet } from '../../protocol/url/ip-address.ts'
import { defaultOwnerOf, isLoopbackUrl, normalIssuer } from '../../protocol/url/uri.ts'
import type { ClientConfig } from '../client-schema.ts'
import type { Config } from '../schema.ts'
import type { ApiKeysConfig, SigningConfig, TenantConfig } from '../tenant-schema.ts'
import { type Path, renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'
import type { Partly } from './partly.ts'
import { checkPeopleSettings, findSigningClient } from './people-clients.ts'
import { publicUrlOf } from './public-url.ts'
import { warnOfSharedPorts } from './shared-ports.ts'
import { checkUsers } from './users.ts'

/** Checks the rules between values, which the schema cannot express. `resolve` makes a path absolute. */
export function checkConfig(config: Partly<Config>, source: Source, resolve: (path: string) => string): void {
  checkUnique(config, source, resolve)
  if (config.server?.public_url) checkPlainHttp(config.server.public_url, config, source)
  checkIdleTimeout(config.server?.idle_timeout, source)
  warnOfTrustInAll(config.server?.trusted_proxies ?? [], source)
  warnOfSharedPorts(config.server, source)
  const tenants = Object.entries(config.tenants ?? {})
  if (config.tenants && tenants.length === 0)
    source.warn(['tenants'], 'no tenant is configured, so no token can be had')
  const adminTenant = config.admin?.tenant
  // A tenant that is there and has faults was reported already.
  if (adminTenant && config.tenants && !(adminTenant in config.tenants)) {
    source.refuse(['admin', 'tenant'], `admin.tenant is ${adminTenant}, which is not a tenant of this file`)
  }
  for (const [tenantId, tenant] of tenants) {
    checkTenant(tenant ?? {}, ['tenants', tenantId], source)
    checkClients(tenant ?? {}, ['tenants', tenantId], source)
    checkPeopleSettings(tenant ?? {}, ['tenants', tenantId], source)
    checkUsers(tenant ?? {}, ['tenants', tenantId], source)
  }
}

/** The runtime also closes a connection whose request takes longer than the timeout. */
function checkIdleTimeout(seconds: number | undefined, source: Source): void {
  if (seconds === undefined || seconds === 0 || seconds >= 10) return
  const path = ['server', 'idle_timeout']
  source.refuse(
    path,
    `${renderPath(path)} is ${seconds} seconds, wanted at least 10, or 0 for never: requests that take longer are cut off too`,
  )
}

/** Two tenants must not share an issuer or a key: a token of one would be accepted at the other. */
function checkUnique(config: Partly<Config>, source: Source, resolve: (path: string) => string): void {
  const issuers = new Map<string, string>()
  const keyFiles = new Map<string, string>()
  const port = config.server?.port
  const publicUrl = port
    ? publicUrlOf({ ...config.server, port })
    : (config.server?.public_url ?? '<public_url>')
  const tenants = config.tenants ?? {}
  for (const [id, tenant] of Object.entries(tenants)) {
    const issuer = tenant?.issuer ?? `${publicUrl}/api/v1/tenant/${id}`
    const takenBy = issuers.get(normalIssuer(issuer))
    // Large files have no issuers in them, and looking at each default one would take time.
    const owner = tenant?.issuer ? defaultOwnerOf(issuer) : undefined
    const path = ['tenants', id, ...(tenant?.issuer ? ['issuer'] : [])]
    const refuse = (whose: string) => source.refuse(path, `tenants.${id} has the issuer ${issuer}, ${whose}`)
    if (owner !== undefined && owner !== id && Object.hasOwn(tenants, owner))
      refuse(`which is that of tenants.${owner} by default, at whatever host`)
    else if (takenBy !== undefined) refuse(`which is that of tenants.${takenBy} too`)
    else issuers.set(normalIssuer(issuer), id)
    const file = tenant?.signing?.private_key_file
    if (!file) continue
    const sharedWith = keyFiles.get(resolve(file))
    if (sharedWith === undefined) keyFiles.set(resolve(file), id)
    else {
      const where = ['tenants', id, 'signing', 'private_key_file']
      source.refuse(where, `${renderPath(where)} is ${file}, which is the key of tenants.${sharedWith} too`)
    }
  }
}

/** Checks the rules between the settings of one tenant. */
function checkTenant({ api_keys, oauth2, signing }: Partly<TenantConfig>, path: Path, source: Source): void {
  if (api_keys?.enabled !== false) {
    const among = [...Object.keys(oauth2?.scopes ?? {}), reservedScopes.manageApiKeys]
    const values = { values: api_keys?.allowed_scopes, among, path: [...path, 'api_keys', 'allowed_scopes'] }
    checkSubset(values, source, 'a scope of this tenant')
    if (api_keys && !oauth2) {
      const where = [...path, 'api_keys']
      source.refuse(
        where,
        `${renderPath(where)} wants oauth2 beside it: who makes API keys needs an access token`,
      )
    }
  }
  checkLives(api_keys ?? {}, [...path, 'api_keys'], source)
  for (const scope of Object.keys(oauth2?.scopes ?? {}).filter(isReservedScope)) {
    const where = [...path, 'oauth2', 'scopes', scope]
    source.refuse(
      where,
      `${renderPath(where)} is a scope of grantd itself; give it to clients without declaring it`,
    )
  }
  checkRotation(signing ?? {}, [...path, 'signing'], source)
  checkClaims(oauth2?.claims, [...path, 'oauth2', 'claims'], source)
}

function checkLives({ default_ttl, max_ttl }: Partly<ApiKeysConfig>, path: Path, source: Source): void {
  if (!default_ttl || !max_ttl || default_ttl <= max_ttl) return
  const where = [...path, 'default_ttl']
  source.refuse(where, `${renderPath(where)} is ${default_ttl} seconds, wanted at most max_ttl (${max_ttl})`)
}

function checkRotation(signing: Partly<SigningConfig>, path: Path, source: Source): void {
  const { publish_ahead, jwks_max_age, rotate_every, private_key_file } = signing
  const refuse = (key: string, value: number, wanted: string) =>
    source.refuse([...path, key], `${renderPath([...path, key])} is ${value} seconds, wanted ${wanted}`)
  if (publish_ahead && jwks_max_age && publish_ahead < jwks_max_age) {
    refuse('publish_ahead', publish_ahead, `at least jwks_max_age (${jwks_max_age})`)
  }
  if (!rotate_every) return
  const ahead = publish_ahead ?? (jwks_max_age ?? 0) + 300
  if (rotate_every <= ahead) refuse('rotate_every', rotate_every, `more than publish_ahead (${ahead})`)
  if (private_key_file) {
    const where = [...path, 'rotate_every']
    source.refuse(
      where,
      `${renderPath(where)} wants a generated key, and private_key_file names one of yours`,
    )
  }
}

function checkClients({ oauth2, oidc, clients }: Partly<TenantConfig>, path: Path, source: Source): void {
  const known = Object.keys(oauth2?.scopes ?? {})
  const among = [...known, ...Object.values<string>(reservedScopes), ...(oidc ? peopleScopes : [])]
  // Equal lists are one object (read.ts), so each list is checked once.
  const good = new Set<unknown>()
  for (const [clientId, client] of Object.entries(clients ?? {})) {
    if (!client) continue
    checkClaims(client.claims, [...path, 'clients', clientId, 'claims'], source)
    const placed = { client, known, among, path: [...path, 'clients', clientId] }
    const { scopes, default_scopes } = client
    if (default_scopes !== null || !good.has(scopes)) checkScopes(placed, source)
    if (scopes?.every((scope) => scope !== undefined && among.includes(scope))) good.add(scopes)
  }
}

function checkClaims(claims: StaticClaims | undefined, path: Path, source: Source): void {
  if (!claims || isEmpty(claims)) return
  for (const { name, message } of findClaimFaults(claims)) {
    const where = name === undefined ? path : [...path, name]
    source.refuse(where, `${renderPath(where)} ${message}`)
  }
}

/** Object.keys would make a list for each of a hundred thousand clients. */
function isEmpty(map: object): boolean {
  for (const _ in map) return false
  return true
}

interface PlacedClient {
  readonly client: Partly<ClientConfig>
  /** The scopes that the tenant declares. */
  readonly known: readonly string[]
  /** The scopes that its clients may have: those of the tenant, of grantd and of people. */
  readonly among: readonly string[]
  readonly path: Path
}

function checkScopes({ client, known, among, path }: PlacedClient, source: Source): void {
  checkSubset(
    { values: client.scopes, among, path: [...path, 'scopes'], told: known },
    source,
    'a scope of this tenant',
  )
  const own = (client.scopes ?? []).filter((scope) => scope !== undefined)
  const defaults = { values: client.default_scopes, among: own, path: [...path, 'default_scopes'] }
  checkSubset(defaults, source, 'in the scopes of this client')
  for (const [index, scope] of (client.default_scopes ?? []).entries()) {
    if (scope === undefined || !isReservedScope(scope) || !own.includes(scope)) continue
    const where = [...path, 'default_scopes', index]
    source.refuse(where, `${renderPath(where)} is ${scope}, which a request has to name; leave it out`)
  }
}

interface Subset {
  readonly values: readonly (string | undefined)[] | null | undefined
  readonly among: readonly string[]
  /** The part of `among` that a message names; default: all. */
  readonly told?: readonly string[]
  readonly path: Path
}

function checkSubset({ values, among, told = among, path }: Subset, source: Source, wanted: string): void {
  for (const [index, value] of (values ?? []).entries()) {
    if (value === undefined || among.includes(value)) continue
    const known = told.length > 0 ? told.join(', ') : 'none'
    source.refuse(
      [...path, index],
      `${renderPath([...path, index])} is ${value}, which is not ${wanted} (${known})`,
    )
  }
}

/** The ends of all addresses of IPv4, and of those of IPv6 that are given out (RFC 4291 section 2.4). `::ffff:10.0.0.0/8` has all of IPv4. */
const everybody = [
  ['0.0.0.0', '255.255.255.255'],
  ['2000::', '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
] as const

function warnOfTrustInAll(ranges: readonly (string | undefined)[], source: Source): void {
  for (const [index, range] of ranges.entries()) {
    if (range === undefined) continue
    if (!everybody.some((ends) => ends.every((address) => isInSubnet(address, range)))) continue
    const path = ['server', 'trusted_proxies', index]
    source.warn(
      path,
      `${renderPath(path)} is ${range}: every client can say what its address is, and guess without a limit; name the addresses of your proxies`,
    )
  }
}

/** Browsers keep the cookies of people only over https and on loopback. */
function checkPlainHttp(publicUrl: string, config: Partly<Config>, source: Source): void {
  if (!publicUrl.startsWith('http://') || isLoopbackUrl(publicUrl)) return
  const client = findSigningClient(config)
  const path = ['server', 'public_url']
  const step = `${config.server?.tls ? '' : 'put a proxy with TLS in front or set server.tls, and '}write https://`
  if (client) {
    source.refuse(
      path,
      `server.public_url is ${publicUrl}, and ${renderPath(client)} signs people in, which browsers do over https alone; ${step}`,
    )
    return
  }
  // With TLS there is another warning (tls-files.ts).
  if (config.server?.tls) return
  source.warn(path, `server.public_url is ${publicUrl}: secrets and tokens travel in clear; ${step}`)
}
