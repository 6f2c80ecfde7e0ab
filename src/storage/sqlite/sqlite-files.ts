import { StorageError } from '../storage.ts'

export interface SqliteFilesOptions {
  /** The database. The -wal and -shm files are beside it. */
  readonly path: string
  /** Which file is at a path now; undefined if there is none. Throws StorageError. */
  readonly identify: (path: string) => string | undefined
  /** Which file was opened. */
  readonly identity: string
  /** Milliseconds, see Platform.monotonic. */
  readonly monotonic: () => number
}

/** How long (ms) a check counts for reads. */
const freshness = 50

/**
 * Checks that the names of an open database still lead to it. Writes to a file that lost its name are lost, and other processes open
 * another database under the name, with other revocations. Processes that do not share one -wal and one -shm destroy the database.
 */
export class SqliteFiles {
  readonly #options: SqliteFilesOptions
  readonly #known: Map<string, string>
  #lookedAt = Number.NEGATIVE_INFINITY
  /** Why the database must not be used any more; undefined while it may. */
  #fault: StorageError | undefined

  constructor(options: SqliteFilesOptions) {
    this.#options = options
    this.#known = new Map([[options.path, options.identity]])
  }

  /** Throws StorageError if one of the files was replaced or removed, and from then on always. */
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
    // SQLite creates the other two at its first read.
    if (known === undefined && found !== undefined) this.#known.set(path, found)
    return known === found || known === undefined
  }

  #refuse(message: string): StorageError {
    this.#fault = new StorageError(message)
    return this.#fault
  }

  /** Like {@link check}, but a recent check is enough: for reads, of which there are many. */
  checkLately(): void {
    this.checkFault()
    if (this.#options.monotonic() - this.#lookedAt >= freshness) this.check()
  }

  /** Throws the error of {@link check} again. */
  checkFault(): void {
    if (this.#fault) throw this.#fault
  }
}
