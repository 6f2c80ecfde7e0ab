import { ConfigError } from './fault.ts'
import { type ConfigHost, readConfigText } from './load.ts'
import type { Partly } from './rules/partly.ts'
import { Config } from './schema.ts'
import type { NamedText } from './yaml/source.ts'

/** The address that a server listens on. */
export type ServerAddress = Pick<Config['server'], 'host' | 'port'> & {
  readonly public_url: string | null
  /** Whether it speaks TLS. */
  readonly isTls: boolean
}

/**
 * Reads the address that a server of this configuration listens on. It ignores other faults, such as a secret that only the server's
 * environment has. Throws {@link ConfigError} for a file that cannot be read, and for a fault in these settings.
 */
export async function readServerAddress(
  path: string,
  host: Pick<ConfigHost, 'files'>,
): Promise<ServerAddress> {
  const { server } = await readPartly(path, /^server(?:\.host|\.port|\.public_url|\.tls)? /, host)
  return {
    host: server?.host ?? '127.0.0.1',
    port: server?.port ?? 3000,
    public_url: server?.public_url ?? null,
    isTls: server?.tls !== undefined,
  }
}

export const defaultDataDir: string = Config.properties.data_dir.default

/** Reads the folder data_dir, absolute, in the same way. */
export async function readDataDir(path: string, host: Pick<ConfigHost, 'files'>): Promise<string> {
  const { data_dir } = await readPartly(path, /^data_dir /, host)
  const { files } = host
  return files.resolve(files.folderOf(files.resolve(path)), data_dir ?? defaultDataDir)
}

/** Faults whose message `own` does not match are ignored. */
async function readPartly(
  path: string,
  own: RegExp,
  host: Pick<ConfigHost, 'files'>,
): Promise<Partly<Config>> {
  const named = { file: path, text: await readConfigText(path, host) }
  return (await readQuickly(named)) ?? (await readExactly(named, own))
}

async function readQuickly(named: NamedText): Promise<Partly<Config> | undefined> {
  const { NeedsExactReading, QuickSource } = await import('./yaml/quick-source.ts')
  try {
    return new QuickSource(named).read(Config) as Partly<Config>
  } catch (cause) {
    if (cause instanceof NeedsExactReading) return undefined
    throw cause
  }
}

async function readExactly(named: NamedText, own: RegExp): Promise<Partly<Config>> {
  const { ExactSource } = await import('./yaml/exact-source.ts')
  const source = new ExactSource(named)
  const read = (source.read(Config) ?? {}) as Partly<Config>
  const ours = source.faults.filter(({ message }) => own.test(message))
  const faults = source.isReadable ? ours : source.faults
  if (faults.length > 0) throw new ConfigError(faults)
  return read
}
