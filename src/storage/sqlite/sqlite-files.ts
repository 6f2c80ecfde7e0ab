import { StorageError } from '../storage.ts'

export interface SqliteFilesOptions {
  /** The database; -wal and -shm are beside it. */
  readonly path: string
  /** Which file is at a path now; undefined: none. Throws StorageError. */
  readonly identify: (path: string) => string | undefined
  /** Which file was opened. */
  readonly identity: string
  /** Milliseconds, see Platform.monotonic. */
  readonly monotonic: () => number
}

/** Milliseconds that a look is good for, where nothing is promised by the answer. */
const freshness = 50

/**
 * Whether the names of an open database still lead to it. What is written to a file that lost its name is lost, and whoever opens the
 * name finds another database, in which other things are revoked; processes that do not share one -wal and one -shm destroy it.
 */
export class SqliteFiles {
  readonly #options: SqliteFilesOptions
  readonly #known: Map<string, string>
  #lookedAt = Number.NEGATIVE_INFINITY
  /** Why the database is used no more; undefined: it is. */
  #fault: StorageError | undefined

  constructor(options: SqliteFilesOptions) {
    this.#options = options
    this.#known = new Map([[options.path, options.identity]])
  }

  /** Throws StorageError, and from then on each time, when one of the files was replaced or removed. */
  check(): void {
    this.checkFault()
    const { path, monotonic } = this.#options
    if (!this.#isSame(path)) {
      throw this.#refuse(
        `The database ${path} was replaced or removed while it is in use; stop grantd, put the file back and start it again`,
      )
    }
    if (!this.#isSame(`${path}-wal`) || !this.#isSame(`${path}-shm`)) {
      throw this.#refuse(
        `A file beside the database ${path} was removed while it is in use (-wal or -shm); stop grantd, which brings what it has into the database, and start it again`,
      )
    }
    this.#lookedAt = monotonic()
  }

  #isSame(path: string): boolean {
    const found = this.#options.identify(path)
    const known = this.#known.get(path)
    // SQLite makes the other two when it first reads.
    if (known === undefined && found !== undefined) this.#known.set(path, found)
    return known === found || known === undefined
  }

  #refuse(message: string): StorageError {
    this.#fault = new StorageError(message)
    return this.#fault
  }

  /** Like {@link check}, by a look of a moment ago: for reads, of which there are very many. */
  checkLately(): void {
    this.checkFault()
    if (this.#options.monotonic() - this.#lookedAt >= freshness) this.check()
  }

  /** Throws what {@link check} has thrown. */
  checkFault(): void {
    if (this.#fault) throw this.#fault
  }
}
