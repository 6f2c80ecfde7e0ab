import type { ParsedArguments } from '../platform/arguments.ts'
import { FileError } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { controlFolder } from '../server/reload/control-messages.ts'
import { findServers } from '../server/reload/find-servers.ts'
import { findDataDir } from './find-data-dir.ts'

/** The port of the server that runs on the data_dir of the arguments, for port 0; undefined: none, or no only one, tells. Throws UsageError. */
export async function findTakenPort(args: ParsedArguments, platform: Platform): Promise<number | undefined> {
  const { dataDir } = await findDataDir(args, platform)
  try {
    const { servers } = await findServers(controlFolder(dataDir, platform.files), platform)
    const [port, ...others] = new Set(servers.flatMap((server) => server.port ?? []))
    return others.length > 0 ? undefined : port
  } catch (cause) {
    if (cause instanceof FileError) return undefined
    throw cause
  }
}
