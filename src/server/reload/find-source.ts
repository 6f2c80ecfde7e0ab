import type { FindPath } from '../../cli/find-config.ts'
import { stampOf } from '../../config/files/file-stamp.ts'
import { readIncluded } from '../../config/files/included-files.ts'
import { FileError } from '../../platform/files.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ConfigSource } from '../../supervisor/worker-messages.ts'

const largestConfig = 64 * 1024 * 1024
/** Files that are written in this moment are read again this often. */
const mostReads = 20
/** Milliseconds between two of these reads. */
const readPause = 25

/**
 * Reads the texts of the configuration once, so that all processes and a worker that starts later have the same ones, even if a file
 * changes meanwhile. For a file that cannot be read, the text is null. Then who uses it reads it again and reports the fault. Throws
 * FileError if the folders cannot be searched for the file.
 */
export async function findSource(findPath: FindPath, platform: Platform): Promise<ConfigSource> {
  const { files } = platform
  const path = await findPath()
  return path === undefined
    ? { path: null, folder: files.resolve('.'), text: null }
    : sourceAt(path, platform)
}

/** Like {@link findSource}, for the file at `path`. */
export async function sourceAt(path: string, platform: Platform): Promise<ConfigSource> {
  const { files } = platform
  const folder = files.folderOf(files.resolve(path))
  try {
    return await readUnchanged({ path, folder }, platform)
  } catch (cause) {
    if (cause instanceof FileError || cause instanceof TypeError) return { path, folder, text: null }
    throw cause
  }
}

type Place = Pick<ConfigSource, 'folder'> & { readonly path: string }

/** The texts of files that did not change while they were read. */
async function readUnchanged({ path, folder }: Place, platform: Platform): Promise<ConfigSource> {
  const { files, after } = platform
  for (let reads = 1; ; reads++) {
    const stamp = stampOf(await files.facts(path))
    const bytes = await files.readSmall(path, largestConfig)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const inclusion = await readIncluded({ file: path, path, text, folder }, platform)
    const all = [{ path, stamp }, ...inclusion.files]
    if (reads === mostReads || (await areUnchanged(all, platform))) return { path, folder, text, inclusion }
    await new Promise<void>((resolve) => void after(readPause, resolve))
  }
}

async function areUnchanged(
  all: readonly { readonly path: string; readonly stamp: string }[],
  { files }: Platform,
): Promise<boolean> {
  for (const { path, stamp } of all) if (stampOf(await files.facts(path)) !== stamp) return false
  return true
}
