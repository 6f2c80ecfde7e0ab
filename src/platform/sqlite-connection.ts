/** SQLite. Each call but `copyTo` blocks the event loop until it is done. */
export interface Sqlite {
  /** Opens the file, and creates it if it is missing. Throws {@link SqliteError}. */
  open(path: string): SqliteConnection
}

/** Every method throws {@link SqliteError}. */
export interface SqliteConnection {
  /** Runs one statement with `?` for its values. */
  all(
    text: string,
    values: readonly (string | number | null)[],
  ): Readonly<Record<string, string | number | null>>[]
  /** Runs statements without values. */
  execute(text: string): void
  /** Copies the database, as it is at one moment, over the file at `path`. Other processes may go on writing. */
  copyTo(path: string): Promise<void>
  close(): void
}

export type SqliteErrorKind =
  | 'busy'
  | 'full'
  | 'read-only'
  | 'corrupt'
  | 'unreachable'
  | 'io'
  | 'constraint'
  | 'other'

/** An error of SQLite: its message, and the kind that grantd derives from the message. */
export class SqliteError extends Error {
  readonly kind: SqliteErrorKind

  constructor(kind: SqliteErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
