import { findKey, KeyFileError, type KeyPlan, type OpenedKey } from '../keys/key-file.ts'
import { KeyOwners } from '../keys/key-owners.ts'
import type { Files } from '../platform/platform.ts'

/** What a look at a tenant's key found; neither member where the key has to be made yet. */
export interface InspectedKey {
  readonly plan: KeyPlan
  readonly found?: OpenedKey
  readonly complaint?: string
}

/** Looks at the keys as the server would, and makes none. */
export async function inspectKeys(plans: readonly KeyPlan[], files: Files): Promise<InspectedKey[]> {
  const owners = new KeyOwners()
  const inspected: InspectedKey[] = []
  for (const plan of plans) {
    try {
      const found = await findKey(plan, files)
      if (found) owners.claim(plan.tenantId, found.key)
      inspected.push({ plan, ...(found && { found }) })
    } catch (error) {
      if (!(error instanceof KeyFileError)) throw error
      inspected.push({ plan, complaint: error.message })
    }
  }
  return inspected
}
