import type { Files } from '../../platform/files.ts'

/** A file that another one includes. */
export interface IncludedFile {
  /** The name for messages: beside the including file, as it is named. */
  readonly file: string
  /** Absolute. */
  readonly path: string
  readonly text: string
  /** The state of the file before it was read; see file-stamp.ts. */
  readonly stamp: string
}

/** What `include` of a configuration stands for. */
export interface Included {
  /** Sorted by name within an entry of the list; the entries in their order. */
  readonly files: readonly IncludedFile[]
  /** Faults and warnings, each with the number of its entry in the list. */
  readonly faults: readonly IncludeFault[]
  readonly warnings: readonly IncludeFault[]
  /** The folders of patterns that are there. Whoever writes into one adds and removes tenants. */
  readonly folders: readonly string[]
  /** The paths of files that cannot be used, which may not be there, and of the folders of patterns. */
  readonly watched: readonly string[]
}

export interface IncludeFault {
  readonly entry: number
  readonly message: string
}

export interface IncludingText {
  readonly file: string
  readonly text: string
  /** Absolute, or relative to the current folder. */
  readonly folder: string
  readonly path?: string
}

export type FileHost = { readonly files: Files }
