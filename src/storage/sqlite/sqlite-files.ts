import { StorageError } from '../storage.ts'

export interface SqliteFilesOptions {
  /** The database. The -wal and -shm files are beside it. */
  readonly path: string
  /** Returns the identity of the file at a path now; undefined if there is none. Throws StorageError. */
  readonly identify: (path: string) => string | undefined
  /** The identity of the opened file. */
  readonly identity: string
  /** Milliseconds, see Platform.monotonic. */
  readonly monotonic: () => number
}

/** The time (ms) for which a check counts for reads. */
const freshness = 50

/**
 * Checks that the names of an open database still lead to it. If a file was renamed or removed, writes to it are lost, and other processes
 * open another database under its name, with other revocations. Processes that do not share one -wal and one -shm destroy the database.
 */
export class SqliteFiles {
  readonly #options: SqliteFilesOptions
  readonly #known: Map<string, string>
  #lookedAt = Number.NEGATIVE_INFINITY
  /** The reason why the database must not be used any more; undefined if it may be used. */
  #fault: StorageError | undefined

  constructor(options: SqliteFilesOptions) {
    this.#options = options
    this.#known = new Map([[options.path, options.identity]])
  }

  /** Throws StorageError if one of the files was replaced or removed. After that, it always throws. */
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

  /** Like {@link check}, but a recent check is enough. It is for reads, because there are many. */
  checkLately(): void {
    this.checkFault()
    if (this.#options.monotonic() - this.#lookedAt >= freshness) this.check()
  }

  /** Throws the error of {@link check} again. */
  checkFault(): void {
    if (this.#fault) throw this.#fault
  }
}
