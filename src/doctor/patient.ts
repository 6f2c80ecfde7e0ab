import { getConfigPath, withDataDir } from '../cli/find-config.ts'
import { dataDirOption, issuerPortOption, parsePort, settingOf } from '../cli/options.ts'
import { parseServerUrl } from '../cli/remote/http-client.ts'
import { ConfigError } from '../config/fault.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { publicUrlOf } from '../config/rules/public-url.ts'
import { findDataDir } from '../offline/find-data-dir.ts'
import { inspectAccess, type KeyFindings } from '../offline/inspect-keys.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import { FileError } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { planStorage } from '../server/compose.ts'
import { controlFolder, type Hello } from '../server/reload/control-messages.ts'
import { findServers } from '../server/reload/find-servers.ts'
import { examineStorage } from '../storage/examine-storage.ts'
import { StorageError } from '../storage/storage.ts'
import type { StorageFacts } from '../storage/storage-facts.ts'
import type { ReadConfiguration } from './checks/check-configuration.ts'

/** What the checks look at. */
export interface Patient {
  readonly platform: Platform
  readonly configuration: ReadConfiguration
  /** The servers that answer at the sockets of the data_dir. */
  readonly servers: readonly Hello[]
  /** Sockets whose server takes a connection and says nothing. */
  readonly silent: readonly string[]
  /** Why the sockets cannot be looked for; undefined: they were. */
  readonly blocked: string | undefined
  /** When config.yaml was changed last (ms since the epoch); undefined: not known. */
  readonly changedAt: number | undefined
  readonly controlFolder: string
  /** Undefined: the configuration has faults. */
  readonly opened: Opened | undefined
}

/** What a configuration without faults leads to. */
export interface Opened {
  readonly loaded: LoadedConfig
  /** Base of the links. */
  readonly publicUrl: string
  /** Where the server is asked: the public URL, or --url. */
  readonly base: string
  readonly storage: StorageFacts | StorageError
  /** Undefined: the storage cannot be read, or is of another schema. */
  readonly keys: KeyFindings | undefined
}

/** Opens everything to look at it. Changes nothing: makes no file and no database, and leaves an old schema as it is. */
export async function openPatient(
  args: ParsedArguments,
  platform: Platform,
  url: string | undefined,
): Promise<Patient> {
  const file = await getConfigPath(args, platform)
  const named = settingOf(dataDirOption, args, platform)
  const base = url === undefined ? undefined : parseServerUrl(url)
  const read = await readConfiguration(file, named, platform)
  const { loaded } = read
  const dataDir = loaded?.dataDir ?? (await findDataDir(args, platform)).dataDir
  const folder = controlFolder(dataDir, platform.files)
  const portText = settingOf(issuerPortOption, args, platform)
  const running = await findRunning(folder, platform)
  const asked = portText === undefined ? loaded?.config.server.port : parsePort(portText)
  const port = asked === 0 ? (running.servers[0]?.port ?? 0) : asked
  return {
    platform,
    configuration: read.configuration,
    ...running,
    changedAt: (await platform.files.facts(file).catch(() => undefined))?.modifiedAt,
    controlFolder: folder,
    opened: loaded && (await open(loaded, { platform, base, port })),
  }
}

interface Read {
  readonly configuration: ReadConfiguration
  readonly loaded: LoadedConfig | undefined
}

async function readConfiguration(
  file: string,
  dataDir: string | undefined,
  platform: Platform,
): Promise<Read> {
  try {
    const loaded = withDataDir(await loadConfig(file, platform), dataDir, platform)
    const tenants = Object.keys(loaded.config.tenants).length
    return { configuration: { file, faults: [], warnings: loaded.warnings, tenants }, loaded }
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    const { faults, warnings } = cause
    return { configuration: { file, faults, warnings, tenants: null }, loaded: undefined }
  }
}

async function findRunning(
  folder: string,
  platform: Platform,
): Promise<Pick<Patient, 'servers' | 'silent' | 'blocked'>> {
  try {
    return { ...(await findServers(folder, platform)), blocked: undefined }
  } catch (cause) {
    return { servers: [], silent: [], blocked: orFileError(cause).message }
  }
}

function orFileError(cause: unknown): FileError {
  if (cause instanceof FileError) return cause
  throw cause
}

const asServer = 'run doctor as the user of the server, or give this user the files'

interface OpenOptions {
  readonly platform: Platform
  readonly base: string | undefined
  readonly port: number | undefined
}

async function open(loaded: LoadedConfig, { platform, base, port }: OpenOptions): Promise<Opened> {
  const { server } = loaded.config
  const publicUrl = publicUrlOf({ ...server, port: port ?? server.port })
  const storage = await examine(loaded, platform)
  // To open an old database would change its schema.
  const isUsable =
    !(storage instanceof Error) && (storage.schema === null || storage.schema === storage.known)
  const keys = isUsable ? await inspect(loaded, platform) : undefined
  return { loaded, publicUrl, base: base ?? publicUrl, storage, keys }
}

async function examine(loaded: LoadedConfig, platform: Platform): Promise<StorageFacts | StorageError> {
  try {
    return await examineStorage(planStorage(loaded, platform), platform)
  } catch (cause) {
    if (cause instanceof StorageError) return cause
    return new StorageError(`${orFileError(cause).message}; ${asServer}`, { cause })
  }
}

async function inspect(loaded: LoadedConfig, platform: Platform): Promise<KeyFindings> {
  try {
    return await inspectAccess(loaded, platform)
  } catch (cause) {
    const { message } = cause instanceof StorageError ? cause : orFileError(cause)
    return { complaints: [message], faults: [], exposures: [], reports: [] }
  }
}
