import type { Certificates } from './certificates.ts'
import type { Files } from './files.ts'
import type { Hashing, PasswordHash, RunningHash } from './hashing.ts'
import type { LocalSockets } from './local-sockets.ts'
import type { Listener, ListenOptions } from './network.ts'
import type { Outbound } from './outbound.ts'
import type { Processes } from './processes.ts'
import type { KeyMaking } from './signing.ts'
import type { Sqlite } from './sqlite-connection.ts'

/** The port between grantd and the runtime. It has only the things that Bun and Deno do differently. */
export interface Platform extends Output, Signals, Clock, KeyMaking {
  readonly name: 'bun' | 'deno'
  /** The words after the program's own name. */
  readonly args: readonly string[]
  environment(name: string): string | undefined
  /** All of standard input as text, of at most `limit` bytes (default: 1 MiB); undefined when it is a terminal. Throws FileError for more. */
  readInput(limit?: number): Promise<string | undefined>
  /** Logical processors, at least 1. */
  readonly cores: number
  readonly processes: Processes
  readonly files: Files
  readonly sqlite: Sqlite
  readonly localSockets: LocalSockets
  readonly certificates: Certificates
  readonly hashing: Hashing
  /** Begins a SHA-256 of bytes that come one after the other. */
  startSha256(): Promise<RunningHash>
  /** Undefined if the runtime has no slow password hash. */
  readonly passwordHash: PasswordHash | undefined
  randomBytes(count: number): Uint8Array
  /** Throws like fetch. */
  fetch(url: string, init: RequestInit, way: Way): Promise<Response>
  readonly outbound: Outbound
  /** It costs some time in each asynchronous step of a process that has one. */
  openCarrier<T extends object>(): Promise<Carrier<T>>
  /** Opens the port. Throws ListenError. */
  listen(options: ListenOptions): Listener
  /** Whether several processes can listen on one port and the system shares its connections out among them. */
  readonly canSharePort: boolean
  /** Whether a listener that shares its port has {@link Listener.renew}. */
  readonly canRenewListener: boolean
}

/** A value that goes along with asynchronous work. */
export interface Carrier<T extends object> {
  run<R>(value: T, work: () => R): R
  /** The value of the work in whose course this is called; undefined: of none. */
  current(): T | undefined
}

/** How a request gets to its server. */
export interface Way {
  /** The URL of a proxy; undefined: directly, even if the environment names a proxy. */
  readonly proxy: string | undefined
  /** The certificate of the server is not checked, if the runtime can do this. */
  readonly isUnverified: boolean
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds since an arbitrary moment. They only go forward, at the pace of real time. */
  monotonic(): number
  /** Calls back after `milliseconds`. The returned function cancels the call. */
  after(milliseconds: number, callback: () => void): () => void
  /** Calls back in the next turn of the event loop, after all events that have arrived already. */
  nextTurn(callback: () => void): void
}

export interface Output {
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean
  writeOut(text: string): void
  /** Writes a line of the log to standard output, together with others of the same few milliseconds. */
  writeLine(line: string): void
  /** Calls back with the number of lines of the log that were lost because nobody took them, once some are taken again. */
  onLostLines(listener: (count: number) => void): void
  /** Writes to standard output and waits until the text is written. Returns false once the reader has closed the pipe. */
  writeOutPaced(text: string): Promise<boolean>
  /** Like {@link writeOutPaced}, for bytes. */
  writeBytesPaced(bytes: Uint8Array): Promise<boolean>
  writeError(text: string): void
}

export type StopSignal = 'SIGTERM' | 'SIGINT'

export interface Signals {
  /** Calls back at every SIGTERM and SIGINT until the returned function is called. */
  onStopSignal(listener: (signal: StopSignal) => void): () => void
  /** Calls back at every SIGHUP until the returned function is called. Until then SIGHUP does not end the process. */
  onReloadSignal(listener: () => void): () => void
  /** Calls back at every SIGUSR2 until the returned function is called. */
  onReplaceSignal(listener: () => void): () => void
}
