import { compileEagerly } from '../platform/eager-compilation.ts'
import { withStep } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { releaseMemory } from '../platform/release-memory.ts'
import { ConfigError, type Fault } from './fault.ts'
import type { Included } from './files/included.ts'
import { readIncluded, reportIncluded } from './files/included-files.ts'
import { deepFreeze } from './packed/deep-freeze.ts'
import { type PackedConfig, packConfig, unpackConfig } from './packed/packed-config.ts'
import { checkConfig } from './rules/check.ts'
import { hasNoKeys, readClientKeys } from './rules/client-keys.ts'
import { hashClientSecrets, isHashedAlready, type SecretSources } from './rules/client-secret.ts'
import { warnOfConfigFiles } from './rules/exposed-files.ts'
import { checkLogoFiles } from './rules/logo-file.ts'
import type { Partly } from './rules/partly.ts'
import { SecretDoubts } from './rules/secret-doubts.ts'
import { resolveStorage, type StorageSettings } from './rules/storage-settings.ts'
import { hashUserPassword } from './rules/users.ts'
import { Config } from './schema.ts'
import type { QuickSource } from './yaml/quick-source.ts'
import type { Path } from './yaml/read.ts'
import type { NamedText, Source } from './yaml/source.ts'

/** A configuration that was read, checked and frozen. */
export interface LoadedConfig {
  /**
   * The configuration with every secret as a hash, in `secret_hash` or in `secrets`, and every password in `password_hash`. The other keys
   * of secrets and passwords are null. The keys of a `jwks_file` are in `jwks`.
   */
  readonly config: Config
  readonly storage: StorageSettings
  readonly warnings: readonly Fault[]
  /** The folder of data_dir, absolute; undefined: nothing is kept. */
  readonly dataDir: string | undefined
  /** Makes a path of the file absolute. */
  readonly resolve: (path: string) => string
  /** A fault of a setting that shows after the reading. Reads the file again for its place; without one if that has changed. */
  readonly faultAt: (setting: Path, message: string) => Promise<Fault>
}

export interface ConfigHost
  extends Pick<Platform, 'environment' | 'files' | 'hashing' | 'passwordHash' | 'certificates' | 'now'> {
  /** Called between the steps of reading a long text, each of which holds requests up. Left out: nobody waits. */
  readonly letOthersIn?: () => Promise<void>
}

/** Characters. The configuration of a longer file is packed, because reading the file leaves much unused memory. */
const largeText = 1024 * 1024
const largestFile = 64 * 1024 * 1024
/** Characters. For a longer file the reader is compiled, because that saves more time than it costs. */
const longText = 128 * 1024

/** Reads the configuration at `path`. Throws {@link ConfigError} with all of its faults. */
export async function loadConfig(path: string, host: ConfigHost): Promise<LoadedConfig> {
  return unpack(await readConfig(path, host), host)
}

/** Like {@link loadConfig}, for a file whose text is read already. */
export async function loadConfigText(text: ConfigText, host: ConfigHost): Promise<LoadedConfig> {
  return unpack(await readConfigOf(text, host), host)
}

async function unpack({ config, rest }: ReadConfig, { letOthersIn }: ConfigHost): Promise<LoadedConfig> {
  if (typeof config !== 'string') return { ...rest, config }
  await letOthersIn?.()
  await releaseMemory()
  await letOthersIn?.()
  const unpacked = unpackConfig(config)
  await letOthersIn?.()
  return { ...rest, config: unpacked }
}

interface ReadConfig {
  readonly rest: Omit<LoadedConfig, 'config'>
  /** Packed for a large file. */
  readonly config: Config | PackedConfig
}

async function readConfig(path: string, host: ConfigHost): Promise<ReadConfig> {
  const text = await readConfigText(path, host)
  const folder = host.files.folderOf(host.files.resolve(path))
  return readConfigOf({ file: path, path, text, folder }, host)
}

async function readConfigOf(named: ConfigText, given: ConfigHost): Promise<ReadConfig> {
  const text = await complete(named, given)
  const { letOthersIn, ...others } = given
  const host: ConfigHost = letOthersIn && lengthOf(text) > longText ? given : others
  const { config, ...rest } = await interpret(text, host)
  await host.letOthersIn?.()
  return { rest, config: lengthOf(text) > largeText ? packConfig(config) : deepFreeze(config) }
}

async function complete(text: ConfigText, host: ConfigHost): Promise<WholeText> {
  const inclusion = text.inclusion ?? (await readIncluded(text, host))
  return { ...text, inclusion, included: inclusion.files }
}

/** Characters of all files. */
function lengthOf({ text, inclusion }: WholeText): number {
  return inclusion.files.reduce((sum, file) => sum + file.text.length, text.length)
}

/** The text of a configuration; relative paths in it start at `folder`. */
export interface ConfigText extends NamedText {
  readonly folder: string
  /** What it includes, if that is read already. */
  readonly inclusion?: Included
  /** The file of the text, whose owner and mode are checked. Left out if there is no file. */
  readonly path?: string
}

/** A text with the files that it includes. */
type WholeText = ConfigText & { readonly inclusion: Included }

/** Like {@link loadConfig}, for a text that is read already. */
export async function parseConfig(text: ConfigText, host: ConfigHost): Promise<LoadedConfig> {
  const loaded = await interpret(await complete(text, host), host)
  deepFreeze(loaded.config)
  return loaded
}

/** The result is not frozen yet. */
async function interpret(text: WholeText, host: ConfigHost): Promise<LoadedConfig> {
  if (lengthOf(text) > longText) compileEagerly()
  return (await parseConfigQuickly(text, host)) ?? (await parseConfigExactly(text, host))
}

/**
 * Like {@link parseConfig}, in a tenth of the time, and the result is not frozen. Returns undefined for a text that has or may have a
 * fault. Each parser is imported only when it is needed, because for a small file the import is most of the time.
 */
export async function parseConfigQuickly(
  text: ConfigText,
  host: ConfigHost,
): Promise<LoadedConfig | undefined> {
  const { NeedsExactReading, QuickSource } = await import('./yaml/quick-source.ts')
  try {
    return await checkQuickly(new QuickSource(text), text, host)
  } catch (cause) {
    if (cause instanceof NeedsExactReading) return undefined
    throw cause
  }
}

async function checkQuickly(source: QuickSource, text: ConfigText, host: ConfigHost): Promise<LoadedConfig> {
  const checked = await checkSource(source, text, host)
  return finish(checked, source.warnings)
}

/** Like {@link parseConfig}, with the parser that knows line and column, and the result is not frozen. Only this parser reports faults. */
export async function parseConfigExactly(text: ConfigText, host: ConfigHost): Promise<LoadedConfig> {
  const { ExactSource } = await import('./yaml/exact-source.ts')
  const source = new ExactSource(text)
  if (!source.isReadable) throw new ConfigError(source.faults)
  const checked = await checkSource(source, text, host)
  if (source.faults.length > 0) throw new ConfigError(source.faults, source.warnings)
  return finish(checked, source.warnings)
}

interface Checked {
  readonly read: Partly<Config>
  readonly storage: StorageSettings
  readonly resolve: LoadedConfig['resolve']
  readonly faultAt: LoadedConfig['faultAt']
}

async function checkSource(
  source: Source,
  { file, folder, path, inclusion }: ConfigText,
  host: ConfigHost,
): Promise<Checked> {
  const faultAt = createFaultAt({ file, folder, ...(path !== undefined && { path }) }, host)
  const resolve = createResolve(folder, host)
  await host.letOthersIn?.()
  const read = (source.read(Config) ?? {}) as Partly<Config>
  await host.letOthersIn?.()
  checkConfig(read, source, resolve)
  await host.letOthersIn?.()
  const sources = { platform: host, resolve }
  if (inclusion) reportIncluded(inclusion, source)
  if (path !== undefined) {
    const paths = [path, ...(inclusion?.files ?? []).map((file) => file.path)]
    const folders = inclusion?.folders ?? []
    await warnOfConfigFiles(read, { paths, folders, source, files: host.files })
  }
  await checkLogoFiles(read, source, sources)
  // Loaded only where it is used.
  if (read.server?.tls) await (await import('./rules/tls-files.ts')).checkTls(read, source, sources)
  await hashSecrets(read, source, sources)
  await host.letOthersIn?.()
  await hashPasswords(read, source, sources)
  return { read, storage: await resolveStorage(read, source, sources), resolve, faultAt }
}

/** A separate function, so that the closure does not keep the source in memory. */
function createResolve(folder: string, { files }: ConfigHost): (path: string) => string {
  return (path) => files.resolve(folder, path)
}

/** Like {@link createResolve}. The text is read when it is needed. */
function createFaultAt(
  { file, path, folder }: Omit<ConfigText, 'text'>,
  host: ConfigHost,
): LoadedConfig['faultAt'] {
  return async (setting, message) => {
    const find = async (at: string) => {
      const { ExactSource } = await import('./yaml/exact-source.ts')
      const text = { file, path: at, folder, text: await readConfigText(at, host) }
      const source = new ExactSource(await complete(text, host))
      if (source.isReadable) source.refuse(setting, message)
      return source.faults.find((fault) => fault.message === message)
    }
    const found = path === undefined ? undefined : await find(path).catch(() => undefined)
    return found ?? { file, position: undefined, message }
  }
}

/** `checked` must have no faults. */
function finish({ read, ...rest }: Checked, warnings: readonly Fault[]): LoadedConfig {
  const config = read as Config
  return { config, warnings, dataDir: rest.resolve(config.data_dir), ...rest }
}

async function hashSecrets(config: Partly<Config>, source: Source, found: SecretSources): Promise<void> {
  const doubts = new SecretDoubts(source)
  const sources = { ...found, doubts }
  for (const [tenantId, tenant] of Object.entries(config.tenants ?? {})) {
    const clients = tenant?.clients
    for (const [clientId, client] of Object.entries(clients ?? {})) {
      if (!client || !clients) continue
      const path = ['tenants', tenantId, 'clients', clientId]
      if (!hasNoKeys(client)) Object.assign(client, await readClientKeys({ client, path }, source, found))
      if (isHashedAlready(client)) continue
      Object.assign(client, await hashClientSecrets({ client, path }, source, sources))
    }
  }
  doubts.finish()
}

async function hashPasswords(
  { tenants }: Partly<Config>,
  source: Source,
  found: SecretSources,
): Promise<void> {
  for (const [tenantId, tenant] of Object.entries(tenants ?? {})) {
    for (const [key, user] of Object.entries(tenant?.users ?? {})) {
      const path = ['tenants', tenantId, 'users', key]
      if (user) Object.assign(user, await hashUserPassword({ user, path }, source, found))
    }
  }
}

/** The text of a configuration file. Throws {@link ConfigError}. */
export async function readConfigText(path: string, { files }: Pick<ConfigHost, 'files'>): Promise<string> {
  const refuse = (message: string) => new ConfigError([{ file: path, position: undefined, message }])
  const facts = await files
    .facts(path)
    .catch((cause: Error) => Promise.reject(refuse(withStep(cause.message))))
  if (!facts)
    throw refuse('there is no such file; write one with grantd init, or name another with --config PATH')
  if (!facts.isFile) throw refuse('this is not a file; name a YAML file with --config PATH')
  if (facts.size > largestFile)
    throw refuse(
      `the file has ${facts.size} bytes, wanted at most ${largestFile}; keep other tenants in the database: grantd tenant add`,
    )
  const bytes = await files
    .readSmall(path, largestFile)
    .catch((cause: Error) => Promise.reject(refuse(withStep(cause.message))))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw refuse('the file is not UTF-8; save it as UTF-8')
  }
}
