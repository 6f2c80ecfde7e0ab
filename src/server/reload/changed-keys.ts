import type { LoadedConfig } from '../../config/load.ts'
import type { SigningSettings } from '../../config/tenant-schema.ts'
import type { KeyHost } from '../../keys/key-host.ts'
import { KeyError } from '../../keys/key-plan.ts'
import { loadOwnKey } from '../../keys/material/key-file.ts'
import { findConfiguredPlan } from '../compose-keys.ts'
import { placeComplaint } from '../open-keys.ts'

/** By tenant, which state of its own key file was read last. */
export type KeyStamps = ReadonlyMap<string, string>

export interface ChangedKeys {
  /** Tenants whose keys have to be opened anew: their settings or their key files are others. */
  readonly ids: readonly string[]
  readonly stamps: KeyStamps
  /** By tenant, the kid of the key in its own file, if that was read. */
  readonly kids: ReadonlyMap<string, string>
}

interface Compared {
  readonly next: LoadedConfig
  readonly running: LoadedConfig
  readonly stamps: KeyStamps
}

/**
 * Compares the signing settings of two configurations, and reads the key files that are new or written since, so that a reload with a
 * broken one is refused as a start is. Throws KeyError with every complaint.
 */
export async function findChangedKeys(
  { next, running, stamps }: Compared,
  host: KeyHost,
): Promise<ChangedKeys> {
  const ids: string[] = []
  const complaints: string[] = []
  const kids = new Map<string, string>()
  const newStamps = new Map<string, string>()
  for (const [id, { active, signing }] of Object.entries(next.config.tenants)) {
    const isOther = !isSame(signing, running.config.tenants[id]?.signing)
    const stamp = await findStamp(id, next, host)
    if (stamp !== undefined) newStamps.set(id, stamp)
    if (!isOther && stamp === stamps.get(id)) continue
    ids.push(id)
    if (!active || stamp === undefined) continue
    const read = await readOwnKey(id, next, host)
    if (read?.complaint !== undefined) complaints.push(read.complaint)
    if (read?.kid !== undefined) kids.set(id, read.kid)
  }
  if (complaints.length > 0) throw new KeyError(complaints.join('\n'))
  return { ids, stamps: newStamps, kids }
}

function isSame(a: SigningSettings, b: SigningSettings | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** Undefined for a tenant whose keys the server makes itself. */
async function findStamp(
  id: string,
  { config, resolve }: LoadedConfig,
  { files }: Pick<KeyHost, 'files'>,
): Promise<string | undefined> {
  const file = config.tenants[id]?.signing.private_key_file ?? null
  if (file === null) return undefined
  // A file that cannot be looked at is read, and its complaint says why.
  const facts = await files.facts(resolve(file)).catch(() => undefined)
  return `${facts?.identity}:${facts?.changedAt}`
}

async function readOwnKey(
  id: string,
  loaded: LoadedConfig,
  host: KeyHost,
): Promise<{ readonly kid?: string; readonly complaint?: string } | undefined> {
  const plan = findConfiguredPlan(id, { loaded, platform: host })
  if (!plan) return undefined
  try {
    const { key } = await loadOwnKey(plan, host)
    key.signer.close()
    return { kid: key.kid }
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause
    return { complaint: await placeComplaint(id, cause.message, loaded) }
  }
}
