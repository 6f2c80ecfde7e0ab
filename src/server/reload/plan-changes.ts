import { type Change, compareConfigs } from '../../config/changes/compare-configs.ts'
import { otherKey } from '../../config/changes/effects.ts'
import type { Config } from '../../config/schema.ts'
import type { Deps } from '../../deps.ts'
import type { Keyring } from '../../keys/keyring.ts'
import { systemTenant } from '../../storage/storage.ts'
import { tenants } from '../../tenants/tenant-row.ts'
import type { ChangedKeys } from './changed-keys.ts'

interface Planned {
  readonly before: Config
  readonly after: Config
  readonly keys: ChangedKeys
}

interface PlanDeps {
  readonly running: Pick<Deps, 'storage' | 'clients'>
  readonly keyring: Pick<Keyring, 'findOpened'>
  /** Lets other work run. */
  readonly pause: () => Promise<void>
}

/** What a configuration would change in a running server, of its key files and its storage too. Throws StorageError. */
export async function planChanges(
  planned: Planned,
  { running, keyring, pause }: PlanDeps,
): Promise<Change[]> {
  const { before, after, keys } = planned
  const changes = await compareConfigs(before, after, pause)
  const all = [...changes, ...findOtherKeys(changes, keys, keyring)]
  return Array.fromAsync(all, (change) => noteStored(change, running))
}

/** Key files that have another key than the one that signs, under a name that stays. */
function findOtherKeys(
  changes: readonly Change[],
  { kids }: ChangedKeys,
  keyring: PlanDeps['keyring'],
): Change[] {
  const isTold = (id: string) =>
    changes.some(({ tenant, effects }) => tenant === id && effects.includes(otherKey))
  return [...kids].flatMap(([tenant, kid]) => {
    const opened = keyring.findOpened(tenant)
    // A tenant that is not opened yet reads the file at its first request, with a reload or without one.
    if (!opened || opened.find(kid) || isTold(tenant)) return []
    const settings = [{ setting: 'signing.private_key_file' }]
    return [{ what: 'tenant' as const, change: 'changed' as const, tenant, settings, effects: [otherKey] }]
  })
}

/** Adds that a tenant or a client of the storage is hidden by one of its id, or shows again. */
async function noteStored(change: Change, running: PlanDeps['running']): Promise<Change> {
  if (change.change === 'changed' || !(await isStored(change, running))) return change
  if (change.change === 'added')
    return { ...change, effects: [...change.effects, hiding[change.what === 'tenant' ? 'tenant' : 'client']] }
  return { ...change, effects: [showing[change.what === 'tenant' ? 'tenant' : 'client']] }
}

const hiding = {
  tenant: 'it hides the stored tenant of this id, with its clients',
  client:
    'it hides the stored client of this id, whose secret is wrong from then on and whose tokens count as its own',
} as const

const showing = {
  tenant: 'the stored tenant of this id takes its place, with its clients and people',
  client: 'the stored client of this id takes its place, and tokens count with the rights of that one',
} as const

async function isStored(
  { what, tenant = '', id = '' }: Change,
  { storage, clients }: PlanDeps['running'],
): Promise<boolean> {
  if (what === 'tenant') return (await storage.of(systemTenant).of(tenants).find(tenant)) !== undefined
  return what === 'client' && (await clients.of(tenant).findStored(id)) !== undefined
}
