import { FileError } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { CommandError } from './command.ts'

/** Bytes. A text of more characters than this cannot be made on every runtime. */
const largestFile = 500 * 1024 * 1024

/**
 * Reads a large file that another server made; `-` is standard input, and undefined if that is a terminal. Throws CommandError, which
 * begins with `failure`.
 */
export async function readForeignFile(
  { file, failure }: { readonly file: string; readonly failure: string },
  { files, readInput }: Platform,
): Promise<string | undefined> {
  if (file === '-') return readInput(largestFile)
  try {
    const bytes = await files.readSmall(files.resolve(file), largestFile)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const reason = cause instanceof FileError ? cause.code : 'it is not UTF-8'
    throw new CommandError(`${failure} ${file}: ${reason}`)
  }
}
