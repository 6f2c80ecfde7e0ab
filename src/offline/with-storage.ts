import type { AuditLog } from '../audit/audit-log.ts'
import { CommandError } from '../cli/command.ts'
import { getConfigPath, withDataDir } from '../cli/find-config.ts'
import { dataDirOption, settingOf } from '../cli/options.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { planStorage } from '../server/compose.ts'
import { openAudit } from '../server/open-audit.ts'
import { openStorage } from '../storage/open.ts'
import type { Storage } from '../storage/storage.ts'
import { warnOfDamaged } from './render-damaged.ts'
import { warnOfLost } from './warn-of-lost.ts'

/** The configuration of the arguments, with its data_dir. Throws ConfigError and UsageError. */
export async function loadNamedConfig(args: ParsedArguments, platform: Platform): Promise<LoadedConfig> {
  const path = await getConfigPath(args, platform)
  return withDataDir(await loadConfig(path, platform), settingOf(dataDirOption, args, platform), platform)
}

export interface OpenedStorage {
  readonly loaded: LoadedConfig
  readonly storage: Storage
}

/**
 * Runs `work` on the storage of the configuration, opened as a server opens it; a server may be running. Throws ConfigError,
 * StorageError, and CommandError if the configuration has no storage on disk.
 */
export async function withStorage<T>(
  args: ParsedArguments,
  platform: Platform,
  work: (opened: OpenedStorage) => Promise<T>,
): Promise<T> {
  return withStorageOf(await loadNamedConfig(args, platform), { args, platform }, work)
}

/** Like {@link withStorage}, for a configuration that is loaded already. */
async function withStorageOf<T>(
  loaded: LoadedConfig,
  { args, platform }: { args: ParsedArguments; platform: Platform },
  work: (opened: OpenedStorage) => Promise<T>,
): Promise<T> {
  const place = planStorage(loaded, platform)
  if (place.kind === 'memory') {
    throw new CommandError(
      `${await getConfigPath(args, platform)} keeps nothing (storage: memory): a command cannot reach what the server remembers`,
    )
  }
  const storage = await openStorage(place, platform, { onDamaged: warnOfDamaged(platform) })
  try {
    return await work({ loaded, storage })
  } finally {
    await storage.close()
  }
}

export interface OpenedToChange extends OpenedStorage {
  readonly audit: AuditLog
}

/** Like {@link withStorage}, for a command that changes something: its audit events are written before this resolves. */
export function withAudit<T>(
  loaded: LoadedConfig,
  { args, platform }: { args: ParsedArguments; platform: Platform },
  work: (opened: OpenedToChange) => Promise<T>,
): Promise<T> {
  return withStorageOf(loaded, { args, platform }, async (opened) => {
    const audit = openAudit(loaded, { platform, storage: opened.storage, log: warnOfLost(platform) })
    try {
      return await work({ ...opened, audit })
    } finally {
      await audit.close()
    }
  })
}
