import { readIncluded } from '../../config/files/included-files.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Platform } from '../../platform/platform.ts'

/** A file of the configuration, and its name in a backup. */
export interface NamedFile {
  readonly name: string
  readonly path: string
}

/** Bytes. */
const largestConfig = 64 * 1024 * 1024

/** The configuration at `path` and the files that it includes, by their paths from its folder. Throws FileError. */
export async function findConfigFiles(path: string, { files }: Platform): Promise<NamedFile[]> {
  const main = files.resolve(path)
  const folder = files.folderOf(main)
  const text = new TextDecoder().decode(await files.readSmall(main, largestConfig))
  const included = await readIncluded({ file: path, text, folder, path: main }, { files })
  const taken = new Set<string>()
  return [main, ...included.files.map((each) => each.path)].map((each) => {
    const plain = plainName(each, folder)
    let name = plain
    for (let number = 2; taken.has(name); number++) name = `${plain}-${number}`
    taken.add(name)
    return { name, path: each }
  })
}

/** A name that every system can have, and that leads nowhere else. A file of another folder is named after its whole path. */
function plainName(path: string, folder: string): string {
  const isBelow = path.startsWith(`${folder}/`)
  const parts = (isBelow ? path.slice(folder.length + 1) : path).split(/[/\\]/)
  const plain = parts
    .filter((part) => part !== '')
    .map((part) => part.replaceAll(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_'))
  return isBelow ? plain.join('/') : plain.join('_')
}

/** The files of keys that belong to the operator, who keeps them where they are. */
export function findLeftOut({ config, resolve }: LoadedConfig): string[] {
  const { master_key_file, server } = config
  const ofTenants = Object.entries(config.tenants).flatMap(([id, { signing }]) =>
    signing.private_key_file === null
      ? []
      : [`${resolve(signing.private_key_file)} (signing.private_key_file of the tenant '${id}')`],
  )
  return [
    ...(master_key_file === null ? [] : [`${resolve(master_key_file)} (master_key_file)`]),
    ...(server.tls ? [`${resolve(server.tls.key_file)} (server.tls.key_file)`] : []),
    ...ofTenants,
  ]
}
