import { CommandError } from '../cli/command.ts'
import { getConfigPath, withDataDir } from '../cli/find-config.ts'
import { configOption, dataDirOption, settingOf } from '../cli/options.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { planStorage } from '../server/compose.ts'
import { openStorage } from '../storage/open.ts'
import type { Storage } from '../storage/storage.ts'
import { warnOfDamaged } from './render-damaged.ts'

/** The options of every command that works on the storage. */
export const storageOptions = [configOption, dataDirOption] as const

export interface OpenedStorage {
  readonly loaded: LoadedConfig
  readonly storage: Storage
}

/**
 * Runs `work` on the storage of the configuration, opened as the server does, which may be running. Throws ConfigError,
 * StorageError, and CommandError where the configuration keeps nothing.
 */
export async function withStorage<T>(
  args: ParsedArguments,
  platform: Platform,
  work: (opened: OpenedStorage) => Promise<T>,
): Promise<T> {
  const path = await getConfigPath(args, platform)
  const folder = settingOf(dataDirOption, args, platform)
  const loaded = withDataDir(await loadConfig(path, platform), folder, platform)
  const place = planStorage(loaded, platform)
  if (place.kind === 'memory') {
    throw new CommandError(
      `${path} keeps nothing (storage: memory): a command cannot reach what the server remembers`,
    )
  }
  const storage = await openStorage(place, platform, warnOfDamaged(platform))
  try {
    return await work({ loaded, storage })
  } finally {
    await storage.close()
  }
}
