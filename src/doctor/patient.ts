import { getConfigPath, withDataDir } from '../cli/find-config.ts'
import { dataDirOption, issuerPortOption, parseFolder, parsePort, settingOf } from '../cli/options.ts'
import { parseServerUrl } from '../cli/remote/http-client.ts'
import { ConfigError } from '../config/fault.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { publicUrlOf } from '../config/rules/public-url.ts'
import { defaultDataDir, readDataDir } from '../config/server-settings.ts'
import { inspectAccess, type KeyFindings } from '../offline/inspect-keys.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import { FileError } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { planStorage } from '../server/compose.ts'
import {
  type ControlAnswer,
  controlFolder,
  findSockets,
  type Hello,
  helloPatience,
} from '../server/reload/control-messages.ts'
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
  const dataDir = loaded?.dataDir ?? (await findDataDir(file, named, platform))
  const folder = controlFolder(dataDir, platform.files)
  const portText = settingOf(issuerPortOption, args, platform)
  const port = portText === undefined ? undefined : parsePort(portText)
  return {
    platform,
    configuration: read.configuration,
    ...(await findServers(folder, platform)),
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

/** A server may run on the data_dir of a configuration that has a fault now. */
async function findDataDir(file: string, named: string | undefined, platform: Platform): Promise<string> {
  const { files } = platform
  if (named !== undefined) return files.resolve(parseFolder(named))
  try {
    return await readDataDir(file, platform)
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    return files.resolve(files.folderOf(files.resolve(file)), defaultDataDir)
  }
}

async function findServers(
  folder: string,
  platform: Platform,
): Promise<Pick<Patient, 'servers' | 'silent' | 'blocked'>> {
  const sockets = await findSockets(folder, platform).catch((cause: unknown) => orFileError(cause))
  if (sockets instanceof FileError) return { servers: [], silent: [], blocked: sockets.message }
  const [servers, silent]: [Hello[], string[]] = [[], []]
  for (const path of sockets) {
    const hello = await askHello(path, platform)
    if (hello === 'silent') silent.push(path)
    else if (hello) servers.push(hello)
  }
  return { servers, silent, blocked: undefined }
}

function orFileError(cause: unknown): FileError {
  if (cause instanceof FileError) return cause
  throw cause
}

/** Undefined: a server that was killed left its socket; the next one removes it. */
async function askHello(
  path: string,
  { localSockets }: Pick<Platform, 'localSockets'>,
): Promise<Hello | 'silent' | undefined> {
  try {
    const text = await localSockets.ask(path, '{"command":"hello"}', helloPatience)
    if (text === undefined) return undefined
    const answer: ControlAnswer = JSON.parse(text)
    return 'hello' in answer ? answer.hello : 'silent'
  } catch {
    return 'silent'
  }
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
