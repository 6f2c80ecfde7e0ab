import { CommandError } from '../cli/command.ts'
import { getConfigPath } from '../cli/find-config.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { KeyMaterial, OpenedKey } from '../keys/key-material.ts'
import type { KeyPlan } from '../keys/key-plan.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import { planStorage } from '../server/compose.ts'
import { composeKeyring, openKeyMaterial } from '../server/compose-keys.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { openStorage } from '../storage/open.ts'
import { isDamaged, type ListedRecord, type Storage, systemTenant } from '../storage/storage.ts'
import { walkRows } from '../storage/walk-rows.ts'
import { tenants } from '../tenants/tenant-row.ts'
import { warnOfDamaged } from './render-damaged.ts'
import { loadNamedConfig, withAudit } from './with-storage.ts'

/** The keys of a configuration, for a command. */
export interface OpenedKeyring {
  readonly keyring: Keyring
  /** The tenant of `--tenant`, or without the option every tenant: first those of the configuration, then the stored ones. */
  readonly tenantIds: readonly string[]
  /** The keys that are opened so far, by tenant id. */
  readonly opened: ReadonlyMap<string, OpenedKey>
}

/** Runs `work` on the keys as a server has them; a server may be running. Throws CommandError for an unknown `--tenant`. */
export async function withKeyring<T>(
  args: ParsedArguments,
  platform: Platform,
  work: (opened: OpenedKeyring) => Promise<T>,
): Promise<T> {
  const loaded = await loadNamedConfig(args, platform)
  const material = await openKeyMaterial(loaded, platform)
  return withAudit(loaded, { args, platform }, async ({ storage, audit }) =>
    work(await openKeyring(args, platform, { loaded, storage, material, audit })),
  )
}

/** Like {@link withKeyring}, for work that only reads: creates no database. */
export async function withKeyringToRead<T>(
  args: ParsedArguments,
  platform: Platform,
  work: (opened: OpenedKeyring) => Promise<T>,
): Promise<T> {
  const loaded = await loadNamedConfig(args, platform)
  const material = await openKeyMaterial(loaded, platform)
  const storage = await openToRead(loaded, platform)
  try {
    const audit = { record: () => {} }
    return await work(await openKeyring(args, platform, { loaded, storage, material, audit }))
  } finally {
    await storage.close()
  }
}

/** The storage of the configuration; an empty one if there is no database yet. */
export async function openToRead(loaded: LoadedConfig, platform: Platform): Promise<Storage> {
  const place = planStorage(loaded, platform)
  const onDamaged = warnOfDamaged(platform)
  if (place.kind !== 'sqlite') return openStorage(place, platform, { onDamaged })
  const { files } = platform
  const folder = files.folderOf(place.path)
  // If only the marker of a database exists, opening the database reports the loss.
  const isThere = (await files.list(folder)).some((name) =>
    files.resolve(folder, name).startsWith(place.path),
  )
  return isThere ? openStorage(place, platform, { onDamaged }) : createMemoryStorage()
}

interface Parts {
  readonly loaded: LoadedConfig
  readonly storage: Storage
  readonly material: KeyMaterial
  readonly audit: AuditSink
}

async function openKeyring(
  args: ParsedArguments,
  platform: Platform,
  { loaded, storage, material, audit }: Parts,
): Promise<OpenedKeyring> {
  const wanted = args.text('tenant')
  const stored = await listStored(storage)
  // Skips a tenant whose row is damaged, unless --tenant names it. Then the error says what is damaged.
  const all = [
    ...Object.keys(loaded.config.tenants),
    ...stored.flatMap((row) => (wanted === undefined && isDamaged(row) ? [] : [row.id])),
  ]
  const tenantIds = [...new Set(all)].filter((id) => wanted === undefined || id === wanted)
  if (tenantIds.length === 0) {
    if (wanted !== undefined)
      throw new CommandError(`There is no tenant '${wanted}'; grantd keys list names them`)
    throw new CommandError(`${await getConfigPath(args, platform)} has no tenant`)
  }
  const opened = new Map<string, OpenedKey>()
  const keyring = await composeKeyring(loaded, platform, {
    storage,
    material,
    now: platform.now,
    monotonic: platform.monotonic,
    log: () => {},
    audit,
    onOpened: ({ tenantId }: KeyPlan, key) => void opened.set(tenantId, key),
  })
  return { keyring, tenantIds, opened }
}

async function listStored(storage: Storage): Promise<ListedRecord<unknown>[]> {
  const all: ListedRecord<unknown>[] = []
  for await (const page of walkRows(storage.of(systemTenant).of(tenants), { pageSize: 500 }))
    all.push(...page)
  return all
}
