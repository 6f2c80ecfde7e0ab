import { type Content, findExposure } from '../../exposure.ts'
import type { Files } from '../../platform/files.ts'
import type { Config } from '../schema.ts'
import { type Path, renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'
import type { Partly } from './partly.ts'
import { isKnownExample } from './secret-faults.ts'

interface NamedFile {
  /** The path as the configuration has it. */
  readonly file: string
  /** The path of the setting that names the file. */
  readonly path: Path
  readonly content: Content
}

interface Place {
  readonly source: Source
  readonly files: Files
  readonly resolve: (path: string) => string
}

/**
 * Warns of a file that the configuration names and that other users can read or change. A file that cannot be read is reported elsewhere.
 */
export async function warnOfNamedFile(
  { file, path, content }: NamedFile,
  { source, files, resolve }: Place,
): Promise<void> {
  const complaint = await findComplaint(resolve(file), content, files)
  if (complaint !== undefined)
    source.warn(path, `${renderPath(path)} names the file ${file}, which ${complaint}`)
}

interface ConfigFiles {
  /** The configuration, and the files that it includes. */
  readonly paths: readonly string[]
  /** The folders of patterns of `include`. */
  readonly folders: readonly string[]
  readonly source: Source
  readonly files: Files
}

/** Warns of a configuration that other users can change, and of one with secrets that they can read; of each of its files. */
export async function warnOfConfigFiles(
  config: Partly<Config>,
  { paths, folders, source, files }: ConfigFiles,
): Promise<void> {
  for (const folder of new Set(folders)) await warnOfFolder(folder, source, files)
  const [main, ...included] = paths
  if (main === undefined) return
  if (included.length === 0)
    return warnOfConfigFile(config, { path: main, at: [], name: undefined, source, files })
  const tenantsByFile = source.tenantsByFile
  for (const [index, path] of paths.entries()) {
    const ids = tenantsByFile[index] ?? []
    const tenants = Object.fromEntries(ids.map((id) => [id, config.tenants?.[id]]))
    const isMain = index === 0
    const part = { ...(isMain && config), tenants } as Partly<Config>
    const [first] = ids
    const name = isMain || first !== undefined ? undefined : `the included file ${path}`
    const at = isMain ? [] : first === undefined ? ['include'] : ['tenants', first]
    await warnOfConfigFile(part, { path, at, name, source, files })
  }
}

interface ConfigFile {
  readonly path: string
  /** A value that the file has. */
  readonly at: Path
  /** What a message calls the file; undefined: `at` is in it. */
  readonly name: string | undefined
  readonly source: Source
  readonly files: Files
}

async function warnOfConfigFile(
  config: Partly<Config>,
  { path, at, name = 'this file', source, files }: ConfigFile,
): Promise<void> {
  const absolute = files.resolve(path)
  const asSecret = await findComplaint(absolute, 'secret', files)
  // Searches for a secret only if the file is exposed, because there may be a hundred thousand clients.
  const secret = asSecret === undefined ? undefined : findClearSecret(config)
  if (secret) return source.warn(secret, `${renderPath(secret)} is in a file that ${asSecret}`)
  const asSettings = await findComplaint(absolute, 'settings', files)
  if (asSettings !== undefined) source.warn(at, `${name} ${asSettings}`)
}

/** In Kubernetes the folder of a volume is open to all, and read-only. */
async function warnOfFolder(path: string, source: Source, files: Files): Promise<void> {
  if (files.inKubernetes) return
  const complaint = await findComplaint(path, 'settings-folder', files)
  if (complaint !== undefined) source.warn(['include'], `the folder of included files ${path} ${complaint}`)
}

/** The path of the first secret that is written in the file and is not publicly known. */
function findClearSecret({ storage, tenants }: Partly<Config>): Path | undefined {
  if (storage && URL.canParse(storage) && new URL(storage).password !== '') return ['storage']
  for (const [tenantId, tenant] of Object.entries(tenants ?? {})) {
    for (const [clientId, client] of Object.entries(tenant?.clients ?? {})) {
      if (client?.secret && !isKnownExample(client.secret))
        return ['tenants', tenantId, 'clients', clientId, 'secret']
    }
    for (const [key, user] of Object.entries(tenant?.users ?? {})) {
      if (user?.password && !isKnownExample(user.password))
        return ['tenants', tenantId, 'users', key, 'password']
    }
  }
  return undefined
}

async function findComplaint(path: string, content: Content, files: Files): Promise<string | undefined> {
  const facts = await files.facts(path).catch(() => undefined)
  return facts && findExposure(path, { content, facts, runner: files })?.complaint
}
