import type { Config } from '../schema.ts'
import { findPlaceholder } from '../yaml/placeholders.ts'
import type { Source } from '../yaml/source.ts'
import { checkFound, findText, type SecretSources } from './client-secret.ts'
import { warnOfNamedFile } from './exposed-files.ts'
import type { Partly } from './partly.ts'
import { findTextFault } from './secret-faults.ts'

/** The storage that the server uses, with the settings to open it. */
export type StorageSettings = { readonly kind: 'memory' } | { readonly kind: 'sqlite' } | PostgresSettings

export interface PostgresSettings {
  readonly kind: 'postgres'
  readonly url: string
  readonly password: string | undefined
  readonly caCertificate: string | undefined
  readonly pool: number
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
}

/** The environment variable that replaces `storage`, for a URL that holds a password. */
const storageVariable = 'GRANTD_STORAGE'

/** Returns the storage that the configuration or the environment names. Reports faults. */
export async function resolveStorage(
  config: Partly<Config>,
  source: Source,
  sources: SecretSources,
): Promise<StorageSettings> {
  const fromEnvironment = sources.platform.environment(storageVariable)
  const named = fromEnvironment || (config.storage ?? 'sqlite')
  if (named === 'memory') {
    source.warn(
      ['storage'],
      'storage is memory: what was revoked or created is forgotten when the server stops',
    )
    return { kind: 'memory' }
  }
  if (!/^postgres(?:ql)?:\/\/\S+$/.test(named)) {
    if (named === 'sqlite') return { kind: 'sqlite' }
    source.refuse([], `${storageVariable} is not sqlite, memory or a URL that starts with postgres://`)
    return { kind: 'memory' }
  }
  await checkUrl(named, fromEnvironment ? 'environment' : 'file', source)
  return { kind: 'postgres', url: named, ...(await readPostgres(config.postgres, source, sources)) }
}

async function checkUrl(url: string, origin: 'environment' | 'file', source: Source): Promise<void> {
  const placeholder = origin === 'environment' && findPlaceholder(url)
  if (placeholder) {
    source.refuse(
      [],
      `${storageVariable} has ${placeholder} in it, which grantd does not fill in; give the whole URL`,
    )
    return
  }
  // Loaded only where Postgres is used.
  const { findUrlFault } = await import('../../storage/postgres/postgres-url.ts')
  const fault = findUrlFault(url)
  const [path, name] = origin === 'environment' ? [[], storageVariable] : [['storage'], 'storage']
  if (fault !== undefined) source.refuse(path, `${name} ${fault}`)
}

async function readPostgres(
  postgres: Partly<Config>['postgres'],
  source: Source,
  sources: SecretSources,
): Promise<Omit<PostgresSettings, 'kind' | 'url'>> {
  const find = async (origin: 'env' | 'file', key: 'password_env' | 'password_file' | 'ca_file') => {
    const value = postgres?.[key]
    if (!value) return undefined
    const found = await findText(origin, value, sources)
    const check = key === 'ca_file' ? findAuthorityFault : findTextFault
    const checked = 'text' in found ? checkFound(found.text, { origin, value, check }) : found
    if ('text' in checked) {
      if (origin === 'file') await warnOfFile(key, value, { source, sources })
      return checked.text
    }
    source.refuse(['postgres', key], `postgres.${key} ${checked.fault}`)
    return undefined
  }
  if (postgres?.password_env && postgres.password_file)
    source.refuse(['postgres'], 'postgres wants at most one of password_env, password_file; it has both')
  return {
    password: (await find('env', 'password_env')) ?? (await find('file', 'password_file')),
    caCertificate: await find('file', 'ca_file'),
    pool: postgres?.pool ?? 10,
    connectTimeoutMs: (postgres?.connect_timeout ?? 2) * 1000,
    statementTimeoutMs: (postgres?.statement_timeout ?? 2) * 1000,
  }
}

/** The driver of Postgres reads the certificates when it connects. */
function findAuthorityFault(text: string): string | undefined {
  const isPem = text.includes('-----BEGIN CERTIFICATE-----')
  return isPem ? undefined : 'has no certificate in it, wanted PEM with -----BEGIN CERTIFICATE-----'
}

function warnOfFile(
  key: string,
  file: string,
  { source, sources }: { readonly source: Source; readonly sources: SecretSources },
): Promise<void> {
  const content = key === 'ca_file' ? 'settings' : 'secret'
  const place = { source, files: sources.platform.files, resolve: sources.resolve }
  return warnOfNamedFile({ file, path: ['postgres', key], content }, place)
}
