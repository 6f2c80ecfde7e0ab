import { getConfigPath } from '../cli/find-config.ts'
import { dataDirOption, parseFolder, settingOf } from '../cli/options.ts'
import { ConfigError } from '../config/fault.ts'
import { defaultDataDir, readDataDir } from '../config/server-settings.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'

interface FoundDataDir {
  readonly dataDir: string
  /** Set: the file has a fault, and this is the default folder. A server may run there. */
  readonly fault?: ConfigError
}

/** The data_dir of the arguments or of the configuration, whose other faults are ignored. Throws UsageError. */
export async function findDataDir(args: ParsedArguments, platform: Platform): Promise<FoundDataDir> {
  const { files } = platform
  const named = settingOf(dataDirOption, args, platform)
  if (named !== undefined) return { dataDir: files.resolve(parseFolder(named)) }
  const path = await getConfigPath(args, platform)
  try {
    return { dataDir: await readDataDir(path, platform) }
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    return { dataDir: files.resolve(files.folderOf(files.resolve(path)), defaultDataDir), fault: cause }
  }
}
