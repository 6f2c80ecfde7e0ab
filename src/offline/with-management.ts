import { AuditLog } from '../audit/audit-log.ts'
import { CommandError, type Option } from '../cli/command.ts'
import { parsePort, portOption, settingOf } from '../cli/options.ts'
import { findClient, type ListedClient } from '../clients/listed-clients.ts'
import type { ClientOwner } from '../clients/stored-clients.ts'
import type { Deps } from '../deps.ts'
import type { Keyring } from '../keys/keyring.ts'
import { type ParsedArguments, UsageError } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import type { AuditEvent } from '../protocol/audit-events.ts'
import { OAuthError } from '../protocol/errors.ts'
import { composeRegistries } from '../server/compose.ts'
import { composeKeyring } from '../server/compose-keys.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { warnOfLost } from './warn-of-lost.ts'
import { withStorage } from './with-storage.ts'

/** Default issuers have the port in them, so a command has to know it as the server does. */
export const issuerPortOption: Option = {
  ...portOption,
  description: 'port of the server, where the issuer is http://localhost and the port',
}

/** What a command that manages tenants and clients works with. */
export interface Management
  extends Pick<Deps, 'storage' | 'tenants' | 'clients' | 'publicUrl' | 'hashing' | 'now' | 'randomBytes'> {
  /** Opens no key yet. Throws MasterKeyError. */
  openKeyring(): Promise<Keyring>
  /** Records what the command did. */
  record(event: Pick<AuditEvent, 'type' | 'tenant' | 'client' | 'detail'>): void
}

/** Runs `work` on the tenants and clients of the configuration and of its storage; a server may be running. */
export function withManagement(
  args: ParsedArguments,
  platform: Platform,
  work: (management: Management) => Promise<number>,
): Promise<number> {
  const portText = settingOf(issuerPortOption, args, platform)
  return withStorage(args, platform, async ({ loaded, storage }) => {
    const { audit: settings, server } = loaded.config
    const { now, monotonic, randomBytes, hashing } = platform
    const quiet = () => {}
    const audit = new AuditLog({
      ...platform,
      storage,
      log: warnOfLost(platform),
      retainSeconds: settings.retain,
      enabled: settings.enabled,
      skip: settings.skip,
    })
    const port = portText === undefined ? server.port : parsePort(portText)
    const publicUrl = server.public_url ?? `http://localhost:${port}`
    try {
      return await work({
        ...composeRegistries(loaded, { storage, publicUrl, hashing }),
        ...{ storage, publicUrl, hashing, now, randomBytes },
        openKeyring: () => composeKeyring(loaded, platform, { storage, now, monotonic, log: quiet, audit }),
        record: (event) => audit.record({ ...event, outcome: 'success', actor: 'shell' }),
      })
    } finally {
      await audit.close()
    }
  })
}

/** The value of an option that cannot be left out. Throws UsageError. */
export function getOption(
  name: string,
  { args, command }: { args: ParsedArguments; command: string },
): string {
  const value = args.text(name)
  if (value) return value
  throw new UsageError(`${command} wants --${name}`)
}

/** The tenant of this id, active or not. Throws CommandError. */
export async function getTenant(id: string, { tenants }: Management): Promise<Tenant> {
  const tenant = await tenants.findAny(id)
  if (tenant) return tenant
  throw new CommandError(`There is no tenant '${id}'; grantd tenant list names them`)
}

/** The client of this id, of config.yaml or of the storage, active or not. Throws CommandError. */
export async function getClient(id: string, tenant: Tenant, management: Management): Promise<ListedClient> {
  const owner = { tenant, clients: management.clients.of(tenant.id) }
  const found = await findClient(id, owner, management.storage)
  if (found) return found
  throw new CommandError(
    `The tenant '${tenant.id}' has no client '${id}'; grantd client list --tenant ${tenant.id} names them`,
  )
}

export function ownerOf(tenant: Tenant, { clients }: Management): ClientOwner {
  return { tenant, clients: clients.of(tenant.id) }
}

/** Runs `work`; what it refuses becomes a CommandError that begins with what was tried, such as `Cannot add ...`. */
export async function explainRefusal<T>(tried: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof OAuthError)) throw cause
    throw new CommandError(`${tried}: ${cause.message}`, { cause })
  }
}

/** The texts of a list between commas; undefined for an option that is not there. */
export function parseList(text: string | undefined): string[] | undefined {
  return text?.split(',').filter((part) => part !== '')
}
