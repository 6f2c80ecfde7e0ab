import { composeKeyring, openKeyMaterial } from '../compose-keys.ts'
import type { LoadedConfig } from '../config/load.ts'
import { KeyFileError } from '../keys/key-file.ts'
import { KeyOwners } from '../keys/key-owners.ts'
import type { KeyReport } from '../keys/key-report.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Platform } from '../platform/platform.ts'
import { openToRead } from './with-keyring.ts'

/** What is wrong with the keys that the server would open: those of the active tenants. Makes none. Throws StorageError. */
export async function findKeyComplaints(loaded: LoadedConfig, platform: Platform): Promise<string[]> {
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
      return (await inspectKeys(ids, keyring)).flatMap(complaintsOf)
    } finally {
      await storage.close()
    }
  } catch (error) {
    if (error instanceof KeyFileError) return [error.message]
    throw error
  }
}

/** Looks at the keys as the server would, and makes none. */
export async function inspectKeys(tenantIds: readonly string[], keyring: Keyring): Promise<KeyReport[]> {
  const owners = new KeyOwners()
  const reports: KeyReport[] = []
  for (const id of tenantIds) reports.push(claim(await keyring.report(id, { withPrivate: true }), owners))
  return reports
}

/** The report, with a complaint more where a key is that of another tenant too. */
function claim(report: KeyReport, owners: KeyOwners): KeyReport {
  try {
    for (const key of report.keys) owners.claim(report.plan.tenantId, key)
    return report
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error
    return { ...report, complaint: error.message }
  }
}

export function complaintsOf({ complaint, keys }: KeyReport): string[] {
  return [complaint, ...keys.map((key) => key.complaint)].filter((one) => one !== undefined)
}
