import type { Platform } from '../platform/platform.ts'
import { checkConfig, type Partly } from './check.ts'
import { hashClientSecrets, type SecretSources } from './client-secret.ts'
import { ConfigError, type Fault } from './fault.ts'
import { readTree } from './read.ts'
import { Config } from './schema.ts'
import { Source } from './source.ts'
import { resolveStorage, type StorageSettings } from './storage-settings.ts'

/** A configuration that was read, checked and frozen. */
export interface LoadedConfig {
  /** Every secret in it is a hash: that of `secret_hash`, or those of `secrets`; the other keys of secrets are null. */
  readonly config: Config
  readonly storage: StorageSettings
  readonly warnings: readonly Fault[]
  /** The folder of data_dir, absolute; undefined: nothing is kept. */
  readonly dataDir: string | undefined
  /** Makes a path of the file absolute. */
  readonly resolve: (path: string) => string
}

export type ConfigHost = Pick<Platform, 'environment' | 'files' | 'hashing' | 'passwordHash'>

const largestFile = 64 * 1024 * 1024

/** Reads the configuration at `path`. Throws {@link ConfigError} with all that is wrong in it. */
export async function loadConfig(path: string, host: ConfigHost): Promise<LoadedConfig> {
  const text = await readText(path, host)
  const folder = host.files.folderOf(host.files.resolve(path))
  return parseConfig({ file: path, text, folder }, host)
}

/** Like {@link loadConfig}, for a text at hand; relative paths in it start at `folder`. */
export async function parseConfig(
  { file, text, folder }: { file: string; text: string; folder: string },
  host: ConfigHost,
): Promise<LoadedConfig> {
  const resolve = (path: string) => host.files.resolve(folder, path)
  const source = new Source(file, text)
  const { root } = source
  if (!root) {
    const message = 'the file is empty, wanted at least a tenant under tenants'
    throw new ConfigError(
      source.faults.length > 0 ? source.faults : [{ file, position: { line: 1, column: 1 }, message }],
    )
  }
  const read = (readTree(Config, root, source.report) ?? {}) as Partly<Config>
  checkConfig(read, source, resolve)
  const sources = { platform: host, resolve }
  await hashSecrets(read, source, sources)
  const storage = await resolveStorage(read, source, sources)
  if (source.faults.length > 0) throw new ConfigError(source.faults, source.warnings)
  const config = deepFreeze(read) as Config
  return { config, storage, warnings: source.warnings, dataDir: resolve(config.data_dir), resolve }
}

async function hashSecrets(config: Partly<Config>, source: Source, sources: SecretSources): Promise<void> {
  for (const [tenantId, tenant] of Object.entries(config.tenants ?? {})) {
    const clients = tenant?.clients
    for (const [clientId, client] of Object.entries(clients ?? {})) {
      if (!client || !clients) continue
      const path = ['tenants', tenantId, 'clients', clientId]
      Object.assign(client, await hashClientSecrets({ client, path }, source, sources))
    }
  }
}

async function readText(path: string, { files }: ConfigHost): Promise<string> {
  const refuse = (message: string) => new ConfigError([{ file: path, position: undefined, message }])
  const facts = await files.facts(path).catch((cause: Error) => Promise.reject(refuse(cause.message)))
  if (!facts) throw refuse('there is no such file; write one, or name another with --config PATH')
  if (!facts.isFile) throw refuse('this is not a file; name a YAML file with --config PATH')
  if (facts.size > largestFile)
    throw refuse(`the file has ${facts.size} bytes, wanted at most ${largestFile}`)
  const bytes = await files.read(path).catch((cause: Error) => Promise.reject(refuse(cause.message)))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw refuse('the file is not UTF-8')
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
