import type { TSchema } from '@sinclair/typebox'
import type { Path } from './read.ts'

/** A configuration file that is being checked: what is wrong in it and what is doubtful is told here, by its path. */
export interface Source {
  /** The value of the whole file by `schema`, as far as it has one. */
  read(schema: TSchema): unknown
  refuse(path: Path, message: string): void
  warn(path: Path, message: string): void
}

/** A text that holds a configuration, and the name by which people know it. */
export interface NamedText {
  readonly file: string
  readonly text: string
}
