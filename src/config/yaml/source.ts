import type { TSchema } from '@sinclair/typebox'
import type { Path } from './read.ts'

/** A configuration file under check. It takes faults and warnings by the path of the value. */
export interface Source {
  /** Reads the whole file by `schema`. Values with a fault are undefined. */
  read(schema: TSchema): unknown
  refuse(path: Path, message: string): void
  warn(path: Path, message: string): void
}

/** The text of a configuration, and the file name for messages. */
export interface NamedText {
  readonly file: string
  readonly text: string
}
