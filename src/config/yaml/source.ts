import type { TSchema } from '@sinclair/typebox'
import type { Path } from './read.ts'

/** A configuration file under check. It takes faults and warnings by the path of the value. */
export interface Source {
  /** Reads all files by `schema`. Values with a fault are undefined. */
  read(schema: TSchema): unknown
  /** Reads one member of the root by its schema; undefined when it is missing. */
  readMember(key: string, schema: TSchema): unknown
  /** The tenants of each file, the including file first. */
  readonly tenantsByFile: readonly (readonly string[])[]
  refuse(path: Path, message: string): void
  warn(path: Path, message: string): void
}

/** The text of a configuration, and the file name for messages. */
export interface NamedText {
  readonly file: string
  readonly text: string
  /** The files that it includes; left out if there are none. */
  readonly included?: readonly { readonly file: string; readonly text: string }[]
}
