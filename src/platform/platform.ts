/** The port between grantd and the runtime: everything that Bun and Deno do differently, and nothing else. */
export interface Platform {
  readonly name: 'bun' | 'deno'
  /** The words after the program's own name. */
  readonly args: readonly string[]
  readonly files: Files
  readonly hashing: Hashing
  /** Undefined where the runtime has no slow password hash. */
  readonly passwordHash: PasswordHash | undefined
  readonly sqlite: Sqlite
  /** Logical processors, at least 1. */
  readonly cores: number
  environment(name: string): string | undefined
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean
  /** All of standard input as text; undefined when it is a terminal. */
  readInput(): Promise<string | undefined>
  randomBytes(count: number): Uint8Array
  /** A new private key as PKCS#8 PEM, made off the event loop; `modulusLength` is of RSA alone. */
  generateKeyPem(kind: GeneratedKind, modulusLength: number): Promise<string>
  /** Milliseconds since the epoch. */
  now(): number
  writeOut(text: string): void
  /** Writes to standard output and waits until the text has left; answers false once nobody reads it any more. */
  writeOutPaced(text: string): Promise<boolean>
  writeError(text: string): void
  /** Calls back at every SIGTERM and SIGINT until the returned function is called. */
  onStopSignal(listener: (signal: StopSignal) => void): () => void
  /** Opens the port, or throws {@link ListenError}. */
  listen(options: ListenOptions): Listener
  /** Calls back after `milliseconds`; the returned function cancels. */
  after(milliseconds: number, callback: () => void): () => void
  /** Calls back once what has arrived by now was looked at. */
  nextTurn(callback: () => void): void
  /** Gives back what memory is not used any more, as far as the runtime lets one; costs up to a fifth of a second. */
  releaseMemory(): void
  /** Milliseconds since some moment; only goes forward, at the pace of real time. */
  monotonic(): number
}

/** The kind of a key, in the words of a JWK (RFC 7518 section 6, RFC 8037). */
export interface GeneratedKind {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly crv?: string
}

export type StopSignal = 'SIGTERM' | 'SIGINT'

export interface ListenOptions {
  readonly hostname: string
  /** 0 takes any free port. */
  readonly port: number
  readonly fetch: (request: Request, peer: Peer) => Promise<Response>
}

/** The other end of the connection that a request came in by: the client, or the proxy in front. */
export interface Peer {
  /** Its IP address; undefined once the connection is gone. It costs a little, so it is asked for where it is used. */
  address(): string | undefined
}

export interface Listener {
  readonly port: number
  /** Stops accepting connections and closes idle ones; resolves once every answer in flight has left. */
  drain(): Promise<void>
  /** Closes every connection at once. */
  close(): Promise<void>
}

/** The port could not be opened; `code` is the system's word, such as EADDRINUSE. */
export class ListenError extends Error {
  readonly code: string

  constructor(code: string, options?: ErrorOptions) {
    super(`Cannot listen: ${code}`, options)
    this.code = code
  }
}

export interface FileFacts {
  readonly size: number
  /** Permission bits only, such as 0o600; undefined where the system has none. */
  readonly mode: number | undefined
  readonly isFile: boolean
  /** Which file it is, whatever its name: that of another one differs while both are there. */
  readonly identity: string
  /** When it was written last, in milliseconds since the epoch. */
  readonly modifiedAt: number
}

/** Files as grantd needs them. Every method throws {@link FileError} when the system refuses. */
export interface Files {
  resolve(...segments: string[]): string
  /** The folder that holds `path`. */
  folderOf(path: string): string
  /** Follows symbolic links; undefined when there is nothing at `path`. */
  facts(path: string): Promise<FileFacts | undefined>
  read(path: string): Promise<Uint8Array>
  /** Reads a regular file of at most `limit` bytes: no pipe that never ends, no device that never stops. */
  readSmall(path: string, limit: number): Promise<Uint8Array>
  /** Names in a folder, sorted; empty when the folder is missing. */
  list(folder: string): Promise<string[]>
  /** Makes the folder and its parents where they are missing. */
  makeFolder(folder: string): Promise<void>
  /** Writes a file where there is none; answers false, and changes nothing, when something is at `path`. */
  create(path: string, content: string): Promise<boolean>
  /** Writes a file into the folder and removes it. */
  checkWritable(folder: string): Promise<void>
  /** Makes the folder and its parents with mode 0700, whatever the umask. */
  makePrivateFolder(folder: string): Promise<void>
  /**
   * Writes a file of mode 0600 that appears at `path` whole and durable, or not at all.
   * Answers false, and changes nothing, when something is at `path` already.
   */
  createPrivate(path: string, content: string): Promise<boolean>
  /**
   * Makes `folder` appear with one file of mode 0600 in it, whole and durable, or not at all.
   * Answers false, and changes nothing, when `folder` exists and is not empty.
   */
  createPrivateFolder(folder: string, fileName: string, content: string): Promise<boolean>
  /**
   * Makes a new, empty, private file beside `path`, lets `fill` write it by its path, and makes it appear at `path` whole and
   * durable. Answers false, and changes nothing, when something is at `path` already.
   */
  createPrivateWith(path: string, fill: (temporary: string) => Promise<void>): Promise<boolean>
  /** Removes a file; nothing happens when it is not there. */
  remove(path: string): Promise<void>
}

/** A file operation that the system refused; `code` is its word, such as EACCES. */
export class FileError extends Error {
  readonly code: string
  readonly path: string

  constructor(action: string, path: string, code: string, options?: ErrorOptions) {
    super(`Cannot ${action} ${path}: ${code}`, options)
    this.code = code
    this.path = path
  }
}

export interface Hashing {
  sha256(data: string | Uint8Array): Uint8Array
  hmacSha256(key: Uint8Array, data: string): Uint8Array
  /** Compares in a time that depends on the lengths alone. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}

export interface PasswordHash {
  /** Checks an argon2id or bcrypt hash off the event loop. */
  verify(secret: string, hash: string): Promise<boolean>
}

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
