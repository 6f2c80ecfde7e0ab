import type { Platform } from '../../platform/platform.ts'

/** Milliseconds. No start takes that long, so an older file comes from a killed process. */
const oldestTemporary = 3_600_000

/** Removes the temporary files of starts and backups that were killed. `names` are those of the folder of the database at `path`. */
export async function removeLeftovers(
  path: string,
  names: readonly string[],
  { files, now }: Pick<Platform, 'files' | 'now'>,
): Promise<void> {
  const folder = files.folderOf(path)
  const name = path.slice(folder.length + 1)
  for (const each of names) {
    const isTemporary =
      each.startsWith(`.${name}.`) &&
      /^(?:made\.|closed\.)?[0-9a-f]{16}\.tmp(?:-journal|-wal|-shm)?$/.test(each.slice(name.length + 2))
    if (!isTemporary) continue
    const facts = await files.facts(files.resolve(folder, each))
    if (facts?.isFile && facts.modifiedAt < now() - oldestTemporary) {
      await files.remove(files.resolve(folder, each))
    }
  }
}
