import { type Fault, renderFault } from '../config/fault.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { renderPath } from '../config/yaml/read.ts'
import { complaintOf, KeyError } from '../keys/key-plan.ts'
import type { Keyring } from '../keys/keyring.ts'
import { DamagedRowError } from '../storage/storage.ts'

/** With more tenants than this, the start opens no key. */
const mostAwaited = 32

/** The ids of the active tenants of the configuration. */
export function findActive({ tenants }: Config): string[] {
  return Object.entries(tenants).flatMap(([id, { active }]) => (active ? [id] : []))
}

interface OpenOptions {
  readonly keyring: Pick<Keyring, 'of'>
  readonly atOnce: number
  readonly loaded: LoadedConfig
}

/**
 * Opens the keys of the tenants, `atOnce` at the same time. Throws KeyError with every complaint, damaged rows of keyrings included.
 * With many tenants it opens no key, because ten thousand keys would keep every core busy for minutes. Then the first request of a
 * tenant opens its key. If that fails, the answer is 503 and the log says why.
 */
export async function openKeys(
  ids: readonly string[],
  { keyring, atOnce, loaded }: OpenOptions,
): Promise<void> {
  if (ids.length > mostAwaited) return
  const complaints: string[] = []
  const waiting = [...ids]
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      await keyring.of(id).catch(async (cause: unknown) => {
        if (!(cause instanceof KeyError) && !(cause instanceof DamagedRowError)) throw cause
        complaints.push(await placeComplaint(id, cause.message, loaded))
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  if (complaints.length > 0) throw new KeyError(complaints.join('\n'))
}

/** A complaint about the key file of a tenant as a fault of the setting that names it; undefined for any other complaint. */
export async function findKeyFault(
  tenantId: string,
  complaint: string,
  { config, resolve, faultAt }: LoadedConfig,
): Promise<Fault | undefined> {
  const file = config.tenants[tenantId]?.signing.private_key_file ?? null
  if (file === null || !complaint.includes(resolve(file))) return undefined
  const setting = ['tenants', tenantId, 'signing', 'private_key_file']
  const reason = complaint.replace(`${complaintOf({ tenantId })}: `, '')
  return faultAt(setting, `${renderPath(setting)} names the file ${file}: ${reason}`)
}

/** Like {@link findKeyFault}, as a line; any other complaint stays as it is. */
export async function placeComplaint(
  tenantId: string,
  complaint: string,
  loaded: LoadedConfig,
): Promise<string> {
  const fault = await findKeyFault(tenantId, complaint, loaded)
  return fault ? renderFault(fault) : complaint
}
