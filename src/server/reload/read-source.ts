import { findConfig } from '../../cli/find-config.ts'
import { type LoadedConfig, loadConfig, loadConfigText } from '../../config/load.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import { FileError } from '../../platform/files.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ConfigSource } from '../../supervisor/worker-messages.ts'

/** There is no file of a configuration to reload. */
export class NoFile extends Error {}

/** The configuration of a file, or of the text that was read from it. Throws ConfigError, and NoFile for a demo. */
export async function readSource(
  { path, folder, text }: ConfigSource,
  platform: Platform,
): Promise<LoadedConfig> {
  if (path === null) throw new NoFile('there is no config.yaml, and the server is a demo; restart it for one')
  if (text === null) return loadConfig(path, platform)
  return loadConfigText({ file: path, path, text, folder }, platform)
}

const largestConfig = 64 * 1024 * 1024
/** A file that is written in this moment is read again this often. */
const mostReads = 20
/** Milliseconds between two of these reads. */
const readPause = 25

/**
 * Reads text and folder of the configuration once, so that all processes and a worker that starts later have the same one, even if the file
 * changes meanwhile. For a file that cannot be read, the text is null. Then who uses it reads it again and reports the fault. Throws
 * FileError if the folders cannot be searched for the file.
 */
export async function findSource(args: ParsedArguments, platform: Platform): Promise<ConfigSource> {
  const { files } = platform
  const path = await findConfig(args, platform)
  if (path === undefined) return { path: null, folder: files.resolve('.'), text: null }
  const folder = files.folderOf(files.resolve(path))
  return { path, folder, text: (await readWhole(path, platform)) ?? null }
}

/** Undefined for a file that cannot be read, or that is not UTF-8. */
async function readWhole(path: string, platform: Platform): Promise<string | undefined> {
  try {
    return await readUnchanged(path, platform)
  } catch (cause) {
    if (cause instanceof FileError || cause instanceof TypeError) return undefined
    throw cause
  }
}

/** The text of a file that did not change while it was read. */
async function readUnchanged(path: string, { files, after }: Platform): Promise<string> {
  for (let reads = 1; ; reads++) {
    const before = await stampOf(path, { files })
    const bytes = await files.readSmall(path, largestConfig)
    if (before === (await stampOf(path, { files })) || reads === mostReads)
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    await new Promise<void>((resolve) => void after(readPause, resolve))
  }
}

/** A text that is another one after each change of the file, also when another file takes its name. */
export async function stampOf(path: string, { files }: Pick<Platform, 'files'>): Promise<string> {
  const facts = await files.facts(path)
  return facts ? `${facts.identity} ${facts.size} ${facts.modifiedAt} ${facts.changedAt}` : 'missing'
}
