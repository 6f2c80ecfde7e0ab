import { ConfigError, type Fault } from '../config/fault.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Exposure } from '../exposure.ts'
import type { KeyHost } from '../keys/key-host.ts'
import { KeyOwners } from '../keys/key-owners.ts'
import { KeyError } from '../keys/key-plan.ts'
import type { KeyReport } from '../keys/key-report.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Platform } from '../platform/platform.ts'
import { planStorage } from '../server/compose.ts'
import { composeKeyring, openKeyMaterial } from '../server/compose-keys.ts'
import { findKeyFault } from '../server/open-keys.ts'
import { findOpenData } from '../storage/data-exposure.ts'
import { openToRead } from './with-keyring.ts'

/** The faults of the keys that a server would open, and the exposed files of keys and database. */
export interface KeyFindings {
  readonly complaints: readonly string[]
  /** Those of files that the configuration names. */
  readonly faults: readonly Fault[]
  readonly exposures: readonly Exposure[]
  /** Of the active tenants; empty if no key could be opened at all. */
  readonly reports: readonly KeyReport[]
}

/** Looks at the keys of the active tenants, and at the files of the database. Creates no key. Throws StorageError. */
export async function inspectAccess(loaded: LoadedConfig, platform: Platform): Promise<KeyFindings> {
  const ofKeys: Exposure[] = []
  const host = { ...platform, onExposure: (exposure: Exposure) => void ofKeys.push(exposure) }
  const found = await findKeyComplaints(loaded, host)
  const place = planStorage(loaded, platform)
  const ofData = place.kind === 'sqlite' ? await findOpenData(place.path, platform.files) : []
  // One exposed key stands for all, as at the start of a server.
  return { ...found, exposures: [...ofKeys.slice(0, 1), ...ofData] }
}

type KeyPlatform = Platform & Pick<KeyHost, 'onExposure'>

async function findKeyComplaints(
  loaded: LoadedConfig,
  platform: KeyPlatform,
): Promise<Omit<KeyFindings, 'exposures'>> {
  const tenants = Object.entries(loaded.config.tenants)
  const ids = tenants.flatMap(([id, { active }]) => (active ? [id] : []))
  try {
    const material = await openKeyMaterial(loaded, platform)
    const storage = await openToRead(loaded, platform)
    try {
      const keyring = await composeKeyring(loaded, platform, {
        ...{ storage, material, now: platform.now, monotonic: platform.monotonic },
        ...{ log: () => {}, audit: { record: () => {} } },
      })
      const reports = await inspectKeys(ids, keyring)
      return { ...(await sortComplaints(reports, loaded)), reports }
    } finally {
      await storage.close()
    }
  } catch (error) {
    if (error instanceof KeyError) return { complaints: [error.message], faults: [], reports: [] }
    if (error instanceof ConfigError) return { complaints: [], faults: error.faults, reports: [] }
    throw error
  }
}

async function sortComplaints(
  reports: readonly KeyReport[],
  loaded: LoadedConfig,
): Promise<Pick<KeyFindings, 'complaints' | 'faults'>> {
  const complaints: string[] = []
  const faults: Fault[] = []
  for (const report of reports) {
    for (const complaint of complaintsOf(report)) {
      const fault = await findKeyFault(report.plan.tenantId, complaint, loaded)
      if (fault) faults.push(fault)
      else complaints.push(complaint)
    }
  }
  return { complaints, faults }
}

/** Looks at the keys as a server would, but creates none. */
export async function inspectKeys(tenantIds: readonly string[], keyring: Keyring): Promise<KeyReport[]> {
  const owners = new KeyOwners()
  const reports: KeyReport[] = []
  for (const id of tenantIds) reports.push(claim(await keyring.report(id, { withPrivate: true }), owners))
  return reports
}

/** The report, with a complaint if another tenant has the same key. */
function claim(report: KeyReport, owners: KeyOwners): KeyReport {
  try {
    for (const key of report.keys) owners.claim(report.plan.tenantId, key)
    return report
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    return { ...report, complaint: error.message }
  }
}

/** Why keys of a tenant cannot be used, for people to read; empty if all can. */
export function complaintsOf({ complaint, keys }: KeyReport): string[] {
  return [complaint, ...keys.map((key) => key.complaint)].filter((one) => one !== undefined)
}
