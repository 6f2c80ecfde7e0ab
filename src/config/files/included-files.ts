import type { Source } from '../yaml/source.ts'
import type { FileHost, Included, IncludingText } from './included.ts'

const nothingIncluded: Included = { files: [], faults: [], warnings: [], watched: [], folders: [] }

/**
 * Finds the key, at any place where YAML allows one, without parsing. Parsing a large file takes a second, and most files include nothing.
 */
const mayInclude = /\binclude["']?\s*:/

/** Reads the files that a text includes. A file that cannot be read is a fault of the result. Never throws. */
export async function readIncluded(including: IncludingText, host: FileHost): Promise<Included> {
  if (!mayInclude.test(including.text)) return nothingIncluded
  // Loaded at its use, to keep the start short.
  const { readFiles } = await import('./include-reader.ts')
  return readFiles(including, host)
}

/** Reports what was found at `include`. */
export function reportIncluded({ faults, warnings }: Included, source: Source): void {
  for (const { entry, message } of faults) source.refuse(['include', entry], message)
  for (const { message } of warnings) source.warn(['include'], message)
}
