import { CommandError } from '../cli/command.ts'
import { issuerPortOption, parsePort, settingOf } from '../cli/options.ts'
import { unknownPort } from '../cli/remote/http-client.ts'
import { findClient, type ListedClient } from '../clients/listed-clients.ts'
import { publicUrlOf } from '../config/rules/public-url.ts'
import type { Deps } from '../deps.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Log } from '../log.ts'
import { BackchannelLogout } from '../logout/backchannel-logout.ts'
import { ownerOf } from '../management/client-owner.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { OAuthError } from '../protocol/errors.ts'
import { composeRegistries } from '../server/compose.ts'
import { composeKeyring } from '../server/compose-keys.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { findTakenPort } from './find-taken-port.ts'
import { warnOfLost } from './warn-of-lost.ts'
import { loadNamedConfig, withAudit } from './with-storage.ts'

type ManagedDeps = Pick<
  Deps,
  | 'storage'
  | 'tenants'
  | 'clients'
  | 'people'
  | 'logoutNotices'
  | 'publicUrl'
  | 'hashing'
  | 'now'
  | 'randomBytes'
  | 'audit'
>

/** The dependencies of the use cases of management/, for a command. */
export interface Management extends ManagedDeps {
  /** Opens the keyring at the first call, so that a command that needs no keys works without the master key. */
  readonly keyring: ManagedKeyring
  /** Composes the keyring; opens no key yet. Throws as openKeyMaterial. */
  readonly openKeyring: () => Promise<Keyring>
  /** Prints warnings. */
  readonly log: Log
}

/** Runs `work` on the tenants and clients of the configuration and of its storage; a server may be running. */
export async function withManagement(
  args: ParsedArguments,
  platform: Platform,
  work: (management: Management) => Promise<number>,
): Promise<number> {
  const portText = settingOf(issuerPortOption, args, platform)
  const loaded = await loadNamedConfig(args, platform)
  return withAudit(loaded, { args, platform }, async ({ storage, audit }) => {
    const { server } = loaded.config
    const { now, monotonic, randomBytes, hashing } = platform
    const asked = portText === undefined ? server.port : parsePort(portText)
    const port = asked === 0 ? ((await findTakenPort(args, platform)) ?? 0) : asked
    if (port === 0 && server.public_url === null)
      platform.writeError(
        `warning: ${unknownPort('issuers and links have port 0; name it with --port PORT')}\n`,
      )
    const publicUrl = publicUrlOf({ ...server, port })
    const quiet = () => {}
    const openKeyring = () => composeKeyring(loaded, platform, { storage, now, monotonic, log: quiet, audit })
    const keyring = openLate(openKeyring)
    const log = warnOfLost(platform)
    const registries = composeRegistries(loaded, { storage, publicUrl, hashing })
    const { clients } = registries
    const logoutNotices = new BackchannelLogout({ ...platform, clients, keyring, audit, log })
    try {
      return await work({
        ...{ ...registries, storage, publicUrl, hashing, now, randomBytes, audit },
        ...{ logoutNotices, openKeyring, keyring, log },
      })
    } finally {
      // Clients have three seconds to learn of sessions that the command ended.
      await logoutNotices.close()
    }
  })
}

type ManagedKeyring = Pick<Keyring, 'of' | 'clear' | 'destroy' | 'replan' | 'tellWith'>

/** A keyring that is opened at the first call. */
function openLate(open: () => Promise<Keyring>): ManagedKeyring {
  let opened: Promise<Keyring> | undefined
  const get = () => {
    opened ??= open()
    return opened
  }
  return {
    of: async (...tenant) => (await get()).of(...tenant),
    clear: async (tenantId) => (await get()).clear(tenantId),
    destroy: async (tenantId) => (await get()).destroy(tenantId),
    replan: async (tenantId) => (await get()).replan(tenantId),
    tellWith: async (tenantId, change) => (await get()).tellWith(tenantId, change),
  }
}

/** The tenant of this id, active or not. Throws CommandError. */
export async function getTenant(id: string, { tenants }: Management): Promise<Tenant> {
  const tenant = await tenants.findAny(id)
  if (tenant) return tenant
  throw new CommandError(`There is no tenant '${id}'; grantd tenant list names them`)
}

/** The client of this id, of config.yaml or of the storage, active or not. Throws CommandError. */
export async function getClient(id: string, tenant: Tenant, management: Management): Promise<ListedClient> {
  const found = await findClient(id, ownerOf(tenant, management), management.storage)
  if (found) return found
  throw new CommandError(
    `The tenant '${tenant.id}' has no client '${id}'; grantd client list --tenant ${tenant.id} names them`,
  )
}

/**
 * Runs `work`. Turns an OAuthError into a CommandError that begins with the failed action, such as `Cannot add ...`, and ends with the next
 * step: `ifThere` where what was to be made is there.
 */
export async function explainRefusal<T>(tried: string, work: () => Promise<T>, ifThere?: string): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof OAuthError)) throw cause
    const step = stepAfter(cause.message, ifThere)
    throw new CommandError(`${tried}: ${cause.message}${step === undefined ? '' : `; ${step}`}`, { cause })
  }
}

/** The sentences are those of the admin API too, which has other next steps. */
function stepAfter(sentence: string, ifThere: string | undefined): string | undefined {
  if (/ (?:exists in config\.yaml|read-only here)$/.test(sentence))
    return 'change it there, then run grantd reload, or restart the server'
  return sentence.endsWith(' exists already') ? ifThere : undefined
}
