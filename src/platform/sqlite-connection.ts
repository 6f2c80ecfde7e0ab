/** SQLite; its calls keep the event loop busy until they are done. */
export interface Sqlite {
  /** Opens the file, and makes it where there is none. Throws {@link SqliteError}. */
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

/** What SQLite said, and what it means. */
export class SqliteError extends Error {
  readonly kind: SqliteErrorKind

  constructor(kind: SqliteErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
