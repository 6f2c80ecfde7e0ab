import type { Client } from '../clients/client.ts'
import type { Deps } from '../deps.ts'
import { findTryClient, hasTryPage, tryUrl } from '../http/browser/try-client.ts'
import type { OpenedKey } from '../keys/key-material.ts'
import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import { usesKeys } from '../protocol/client-authentication.ts'
import { hostInUrl } from '../protocol/url/host.ts'
import { isLoopbackUrl } from '../protocol/url/uri.ts'
import { systemTenant } from '../storage/storage.ts'
import type { WorkerSide } from '../supervisor/worker-side.ts'
import { type Tenant, tenantPath } from '../tenants/tenant.ts'
import { type Demo, renderDemo } from './demo.ts'

interface Announced {
  readonly deps: Deps
  readonly host: string
  readonly port: number
  readonly openedKeys: ReadonlyMap<string, OpenedKey>
  readonly audit: AuditSink
  readonly log: Log
}

interface AnnounceOptions {
  readonly platform: Platform
  readonly demo: Demo | undefined
  readonly worker: WorkerSide | undefined
  /** True: prints no text that another worker prints. */
  readonly isQuiet: boolean
}

/** Tells the person who started the server, the audit trail and the log that it is ready. */
export function announce(announced: Announced, { demo, platform, worker, isQuiet }: AnnounceOptions): void {
  const { deps, host, port, openedKeys, audit, log } = announced
  const { version, commit } = deps.build
  audit.record({
    type: 'server.started',
    tenant: systemTenant,
    outcome: 'success',
    detail: { version, commit },
  })
  if (!isQuiet) warnOfOtherPort(deps.publicUrl, port, platform)
  const startup = renderStartup({ deps, host, port, openedKeys, isDemo: demo !== undefined })
  const text = startup + (demo ? renderDemo(demo, deps.publicUrl) : '')
  if (worker) worker.ready(text)
  else platform.writeOut(text)
  for (const [tenantId, opened] of openedKeys) logNewKey(tenantId, opened, log)
}

/** Warns if the port of the server differs from the port in public_url, because links would lead to another server. */
function warnOfOtherPort(publicUrl: string, port: number, platform: Platform): void {
  if (!isLoopbackUrl(publicUrl) || portOf(new URL(publicUrl)) === port) return
  platform.writeError(
    `warning: server.public_url is ${publicUrl}, but the port is ${port}: links and issuers name a server that is not this one\n`,
  )
}

function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80))
}

/** Logs that the server made a key. */
export function logNewKey(tenant: string, { key, path, generated }: OpenedKey, log: Log): void {
  if (generated) log('info', 'generated a signing key', { tenant, kid: key.kid, file: path })
}

/** Number of tenants that are listed; the others are counted. */
const mostNamed = 10

interface Started {
  readonly deps: Deps
  readonly host: string
  readonly port: number
  readonly openedKeys: ReadonlyMap<string, OpenedKey>
  /** A demo prints its own next steps. */
  readonly isDemo: boolean
}

/** The text for the person who starts the server: the address, the tenants, a first command. */
export function renderStartup({ deps, host, port, openedKeys, isDemo }: Started): string {
  const { build, publicUrl, tenants } = deps
  const active = tenants.configured.filter(({ active }) => active)
  const named = active.slice(0, mostNamed).map((tenant) => renderTenant(tenant, deps, openedKeys))
  const more = active.length > mostNamed ? [`            and ${active.length - mostNamed} more`] : []
  return [
    `grantd ${build.version} (${build.commit}) listens on ${deps.settings.server.tls ? 'https' : 'http'}://${hostInUrl(host)}:${port}`,
    ...named.map((line, index) => `  ${index === 0 ? 'tenants ' : '        '}  ${line}`),
    ...more,
    ...(isDemo ? [] : renderFirstTry(active, deps)),
    ...renderTryPage(active, deps, isDemo),
    ...(deps.settings.swagger ? [`  swagger   ${publicUrl}/swagger`] : []),
    '',
  ].join('\n')
}

function renderTenant({ id }: Tenant, { clients, storage }: Deps, openedKeys: Started['openedKeys']): string {
  const opened = openedKeys.get(id)
  const count = clients.of(id).configured.length
  const place = opened?.path ?? (storage.name === 'postgres' ? 'the database' : 'memory')
  const key = opened ? `key ${opened.key.kid} (${opened.key.algorithm})` : 'key opened at its first use'
  return `${id}: ${count} client${count === 1 ? '' : 's'}, ${key}${opened?.generated ? `, new in ${place}` : ''}`
}

/** Whether the client can be tried out without a person. */
function isForItself({ active, grant_types }: Client): boolean {
  return active && grant_types.includes('client_credentials')
}

/** The link to the example app of the first tenant that has one, and a person who can sign in there. A demo names its person itself. */
function renderTryPage(tenants: readonly Tenant[], deps: Deps, isDemo: boolean): string[] {
  if (!hasTryPage(deps.settings.server)) return []
  const tenant = tenants.find((each) => findTryClient(each, deps) !== undefined)
  if (!tenant) return []
  const person = deps.people
    .of(tenant)
    .configured.list()
    .find(({ active, key }) => active && key !== null)
  const who =
    person && !isDemo ? [`            (as ${person.key}, whose password is in the configuration)`] : []
  return [`  sign in   ${tryUrl(tenant, deps)}`, ...who]
}

/**
 * A command that gets a token. curl asks for the secret, so that it is in no history and in no process list. A client with keys needs
 * `grantd token`, because curl cannot sign.
 */
function renderFirstTry(tenants: readonly Tenant[], { clients, publicUrl }: Deps): string[] {
  for (const tenant of tenants) {
    const client = clients.of(tenant.id).configured.find(isForItself)
    if (!tenant.oauth2 || !client || !/^[\w.-]+$/.test(client.id)) continue
    const url = `${publicUrl}${tenantPath(tenant.id)}/oauth/token`
    if (usesKeys(client.token_endpoint_auth_method))
      return [
        `  try       grantd token --tenant ${tenant.id} --client ${client.id} --key-file PATH`,
        '            (PATH is the private key of the client)',
      ]
    return [
      `  try       curl -u ${client.id} -d grant_type=client_credentials ${url}`,
      '            (the password is the client secret)',
    ]
  }
  return []
}
