import { FileError, type Files, howToGiveAccess, withStep } from '../../platform/files.ts'

interface ReadOptions {
  /** Bytes. */
  readonly limit: number
  readonly files: Pick<Files, 'readSmall' | 'inKubernetes'>
  /** Makes a path of the configuration absolute. */
  readonly resolve: (path: string) => string
}

/** The bytes of a file that a setting names, or what is wrong with it, which a message has after the name of the file. */
export async function readNamedFile(
  file: string,
  { limit, files, resolve }: ReadOptions,
): Promise<{ readonly bytes: Uint8Array } | { readonly fault: string }> {
  try {
    return { bytes: await files.readSmall(resolve(file), limit) }
  } catch (cause) {
    if (cause instanceof FileError) return { fault: renderUnreadable(file, cause, files) }
    throw cause
  }
}

/** Why a file cannot be read, and the next step; and where it is, unless `file` says it, because people look for it in another folder. */
export function renderUnreadable(
  file: string,
  { path, code }: FileError,
  host: Pick<Files, 'inKubernetes'>,
): string {
  const fault = `cannot be read${path === file ? '' : ` at ${path}`}: ${code}`
  if (code === 'EACCES') return `${fault}; ${howToGiveAccess(host)}`
  const withNext = withStep(fault)
  return withNext === fault ? `${fault}; name another file` : withNext
}
