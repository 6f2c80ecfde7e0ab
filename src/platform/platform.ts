import type { Processes } from './processes.ts'

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
  readonly processes: Processes
  /** Whether several processes can listen on one port and the system deals its connections out among them. */
  readonly canSharePort: boolean
  environment(name: string): string | undefined
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean
  /** All of standard input as text; undefined when it is a terminal. */
  readInput(): Promise<string | undefined>
  randomBytes(count: number): Uint8Array
  /** A new private key as PKCS#8 PEM, made off the event loop; `modulusLength` is of RSA alone. */
  generateKeyPem(kind: GeneratedKind, modulusLength: number): Promise<string>
  /** A private key in the runtime's own cryptography, signing on the thread that calls. Throws for what is no key of the scheme. */
  openNativeKey(pem: Uint8Array, scheme: SignatureScheme): NativeKey
  /** Curves whose signature costs the runtime less than handing it to another thread. */
  readonly quickCurves: readonly string[]
  /**
   * Why the OpenSSL of the host would make signatures with such keys no faster than the runtime; undefined: it may. `kind` is
   * RSA with its bits, such as `RSA 2048`, or a curve.
   */
  weighOpenssl(kind: string): Promise<string | undefined>
  /** The OpenSSL 3 of the host. Throws {@link OpensslError} where there is none, or no right to call it. */
  openOpenssl(): Promise<Openssl>
  /** Milliseconds since the epoch. */
  now(): number
  writeOut(text: string): void
  /** Writes a line of the log to standard output, together with others of the same few milliseconds. */
  writeLine(line: string): void
  /** Writes to standard output and waits until the text has left; answers false once nobody reads it any more. */
  writeOutPaced(text: string): Promise<boolean>
  writeError(text: string): void
  /** Calls back at every SIGTERM and SIGINT until the returned function is called. */
  onStopSignal(listener: (signal: StopSignal) => void): () => void
  /** Calls back at every SIGHUP, which ends the process no more from then on, until the returned function is called. */
  onReloadSignal(listener: () => void): () => void
  /** Sends a request through the proxy of this URL; undefined: directly, whatever the environment says. Throws as fetch does. */
  fetch(url: string, init: RequestInit, proxy: string | undefined): Promise<Response>
  /** Opens the port, or throws {@link ListenError}. */
  listen(options: ListenOptions): Listener
  /** Calls back after `milliseconds`; the returned function cancels. */
  after(milliseconds: number, callback: () => void): () => void
  /** Calls back once what has arrived by now was looked at. */
  nextTurn(callback: () => void): void
  /** Gives back what memory is not used any more, as far as the runtime lets one; costs up to a fifth of a second. */
  releaseMemory(): void
  /**
   * Has code that runs often compiled from now on. Before, an executable mostly interprets, for what a start runs is run once: that is
   * quicker, and takes 5 MB less.
   */
  compileEagerly(): void
  /** Milliseconds since some moment; only goes forward, at the pace of real time. */
  monotonic(): number
}

/** The kind of a key, in the words of a JWK (RFC 7518 section 6, RFC 8037). */
export interface GeneratedKind {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly crv?: string
}

/** How a key signs. */
export interface SignatureScheme {
  /** Null: the scheme hashes in its own way (Ed25519). */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null
  /** An RSA key signs by PSS, with a salt as long as the hash; else by PKCS#1 v1.5. */
  readonly isPss: boolean
  /** Bytes of each half of r || s, the form of RFC 7518 section 3.4; 0 for a key that is not of an elliptic curve. */
  readonly coordinateBytes: number
}

/** A private key in a library outside of JavaScript. */
export interface NativeKey {
  /** Signs on the thread that calls, which does nothing else meanwhile. Throws when it cannot, and after {@link free}. */
  sign(data: Uint8Array): Uint8Array
  /** Gives the key back to its library. The second time nothing happens. */
  free(): void
}

/** A key in OpenSSL, which overwrites it when it is freed. */
export interface OpensslKey extends NativeKey {
  /** The provider that makes its signatures, such as default or fips. */
  readonly provider: string
}

export interface Openssl {
  readonly path: string
  /** Such as OpenSSL 3.0.19 27 Jan 2026. */
  readonly version: string
  /** Takes the key over from a PKCS#8 PEM. Throws {@link OpensslError}. */
  openKey(pem: Uint8Array, scheme: SignatureScheme): OpensslKey
  /** Keys that were opened and are not freed. */
  readonly openKeys: number
  /** Frees every key. */
  close(): void
}

/** OpenSSL cannot be used, or refused something; `message` says what, and names what was tried. */
export class OpensslError extends Error {}

export type StopSignal = 'SIGTERM' | 'SIGINT'

export interface ListenOptions {
  readonly hostname: string
  /** 0 takes any free port. */
  readonly port: number
  readonly fetch: (request: Request, peer: Peer) => Response | Promise<Response>
  /** Lets other processes of this user listen on the port too, see {@link Platform.canSharePort}; default false. */
  readonly sharePort?: boolean
  /** Seconds until a connection without a byte is closed, where the runtime can be told; 0: never. Default 75. */
  readonly idleTimeout?: number
}

/** The other end of the connection that a request came in by: the client, or the proxy in front. */
export interface Peer {
  /** Its IP address; undefined once the connection is gone. It costs a little, so it is asked for where it is used. */
  address(): string | undefined
}

export interface Listener {
  readonly port: number
  /**
   * Lets no new connection begin, and accepts those that wait. A client that connects now tries again after a second, and is refused by
   * then. Answers false where the system cannot do it, and changes nothing.
   */
  holdOff(): Promise<boolean>
  /** Stops accepting connections and closes idle ones; resolves once every answer in flight has left. */
  drain(): Promise<void>
  /** Closes every connection at once. */
  close(): Promise<void>
  /** Present where it can be tried to choose who of those that share the port gets new connections. */
  readonly steering?: Steering
}

/**
 * Those that share a port are numbered in the order in which they began to listen. Closing one puts the last one in its place,
 * and cuts off the connections that wait to be accepted by it, so it should get none any more before.
 */
export interface Steering {
  /** New connections go to the `count` ones from number `first` on. Answers whether the system does it. */
  steer(target: { first: number; count: number }): Promise<boolean>
  /** New connections go to all again. */
  release(): Promise<boolean>
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
  /** The number of the user that it belongs to; undefined where the system has none. */
  readonly owner: number | undefined
  readonly isFile: boolean
  /** Which file it is, whatever its name: that of another one differs while both are there. */
  readonly identity: string
  /** When it was written last, in milliseconds since the epoch. */
  readonly modifiedAt: number
  /** When its bytes, its mode or its names were changed last, in the same unit; nobody can set it. */
  readonly changedAt: number
}

/** Files as grantd needs them. Every method throws {@link FileError} when the system refuses. */
export interface Files {
  /** The number of the user of this process; undefined where the system has none. */
  readonly user: number | undefined
  resolve(...segments: string[]): string
  /** The folder that holds `path`. */
  folderOf(path: string): string
  /** Follows symbolic links; undefined when there is nothing at `path`. */
  facts(path: string): Promise<FileFacts | undefined>
  /** The {@link FileFacts.identity} of what is at `path`, at once: a few microseconds of the event loop. */
  identityNow(path: string): string | undefined
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
   * Writes a new file of mode 0600, durably; throws EEXIST where something is at `path`. What is killed meanwhile may leave a part of
   * it, so `path` is a name that nobody takes for a whole file.
   */
  stagePrivate(path: string, content: string): Promise<void>
  /**
   * Gives a staged file its name, durably. Answers false, and changes nothing, when something is at `path` already. What is killed
   * meanwhile leaves it under both names.
   */
  giveName(staged: string, path: string): Promise<boolean>
  /**
   * Makes a new, empty, private file beside `path`, lets `fill` write it by its path, and makes it appear at `path` whole and
   * durable. Answers false, and changes nothing, when something is at `path` already.
   */
  createPrivateWith(path: string, fill: (temporary: string) => Promise<void>): Promise<boolean>
  /** Whether a symbolic link is at `path`. */
  isLink(path: string): Promise<boolean>
  /** Removes a file, or a symbolic link and never what it names; nothing happens when nothing is there. */
  remove(path: string): Promise<void>
  /** Removes a folder that is empty; answers false, and changes nothing, for one that is not. */
  removeFolder(folder: string): Promise<boolean>
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
