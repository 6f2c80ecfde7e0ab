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
  const newStamps = new Map<string, string>()
  for (const [id, { active, signing }] of Object.entries(next.config.tenants)) {
    const isOther = !isSame(signing, running.config.tenants[id]?.signing)
    const stamp = await findStamp(id, next, host)
    if (stamp !== undefined) newStamps.set(id, stamp)
    if (!isOther && stamp === stamps.get(id)) continue
    ids.push(id)
    const complaint = active && stamp !== undefined ? await findComplaint(id, next, host) : undefined
    if (complaint !== undefined) complaints.push(complaint)
  }
  if (complaints.length > 0) throw new KeyError(complaints.join('\n'))
  return { ids, stamps: newStamps }
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

async function findComplaint(id: string, loaded: LoadedConfig, host: KeyHost): Promise<string | undefined> {
  const plan = findConfiguredPlan(id, { loaded, platform: host })
  if (!plan) return undefined
  try {
    const { key } = await loadOwnKey(plan, host)
    key.signer.close()
    return undefined
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause
    return placeComplaint(id, cause.message, loaded)
  }
}
