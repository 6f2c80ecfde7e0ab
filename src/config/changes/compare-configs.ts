import { ClientConfig } from '../client-schema.ts'
import { Config } from '../schema.ts'
import { TenantConfig } from '../tenant-schema.ts'
import { UserConfig } from '../user-schema.ts'
import { type Difference, findDifferences } from './differences.ts'
import {
  effectsOfClient,
  effectsOfServer,
  effectsOfTenant,
  effectsOfUser,
  removalEffects,
} from './effects.ts'

/** What a new configuration changes about one thing. */
export interface Change {
  readonly what: 'server' | 'tenant' | 'client' | 'person'
  readonly change: 'added' | 'removed' | 'changed'
  readonly tenant?: string
  /** The id of a client, or the key of a person. */
  readonly id?: string
  readonly settings: readonly Difference[]
  /** What comes of it at once, each a sentence without a full stop. */
  readonly effects: readonly string[]
}

/** Tenants that are compared in one go. A server answers requests between two of them. */
const atOnce = 20

/** Compares two configurations. `pause` lets other work run. */
export async function compareConfigs(
  before: Config,
  after: Config,
  pause: () => Promise<void> = async () => {},
): Promise<Change[]> {
  const settings = findDifferences(Config, [before, after], ['tenants', 'include'])
  const changes: Change[] =
    settings.length > 0
      ? [{ what: 'server', change: 'changed', settings, effects: effectsOfServer(settings) }]
      : []
  const ids = new Set([...Object.keys(before.tenants), ...Object.keys(after.tenants)])
  let count = 0
  for (const id of ids) {
    changes.push(...compareTenants(id, before.tenants[id], after.tenants[id]))
    if (++count % atOnce === 0) await pause()
  }
  return changes
}

function compareTenants(
  tenant: string,
  before: TenantConfig | undefined,
  after: TenantConfig | undefined,
): Change[] {
  if (!before || !after) {
    const change = after ? 'added' : 'removed'
    return [{ what: 'tenant', change, tenant, settings: [], effects: after ? [] : removalEffects.tenant }]
  }
  const settings = findDifferences(TenantConfig, [before, after], ['clients', 'users'])
  const effects = effectsOfTenant(settings, [before, after])
  const own: Change[] =
    settings.length > 0 ? [{ what: 'tenant', change: 'changed', tenant, settings, effects }] : []
  return [
    ...own,
    ...compareMaps(
      {
        ...{ what: 'client', tenant, schema: ClientConfig },
        effects: (differences, pair) => effectsOfClient(differences, pair, [before, after]),
      },
      [before.clients, after.clients],
    ),
    ...compareMaps({ what: 'person', tenant, schema: UserConfig, effects: effectsOfUser }, [
      before.users,
      after.users,
    ]),
  ]
}

interface Kind<T> {
  readonly what: 'client' | 'person'
  readonly tenant: string
  readonly schema: typeof ClientConfig | typeof UserConfig
  readonly effects: (settings: readonly Difference[], pair: readonly [T, T]) => string[]
}

type Things<T> = Readonly<Record<string, T>>

function compareMaps<T>(
  { what, tenant, schema, effects }: Kind<T>,
  [before, after]: readonly [Things<T>, Things<T>],
): Change[] {
  const changes: Change[] = []
  for (const id of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, next] = [before[id], after[id]]
    if (old === undefined || next === undefined) {
      const isAdded = old === undefined
      const change = isAdded ? 'added' : 'removed'
      changes.push({ what, change, tenant, id, settings: [], effects: isAdded ? [] : removalEffects[what] })
      continue
    }
    const found = findDifferences(schema, [old, next])
    // The values of people are facts about them.
    const settings = what === 'person' ? found.map(({ setting }) => ({ setting })) : found
    if (settings.length > 0)
      changes.push({ what, change: 'changed', tenant, id, settings, effects: effects(settings, [old, next]) })
  }
  return changes
}
