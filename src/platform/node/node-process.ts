import { Buffer } from 'node:buffer'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { setImmediate } from 'node:timers'
import { codeOf } from '../durable-files.ts'
import { FileError, withStep } from '../files.ts'
import { createLineWriter } from '../line-writer.ts'
import type { Clock, Platform } from '../platform.ts'
import { nodeCertificates } from './node-certificates.ts'
import { nodeFiles } from './node-files.ts'
import { nodeProcesses } from './node-processes.ts'
import { openNativeKey } from './node-sign.ts'
import { hear } from './node-signals.ts'
import { nodeSqlite } from './node-sqlite.ts'

/** The part of the port that is the same for Bun and Deno, because both have the node: modules. */
export type SharedPlatform = Omit<
  Platform,
  'name' | 'hashing' | 'passwordHash' | 'fetch' | 'listen' | 'quickCurves'
>

// The driver of Postgres would read these variables of libpq, refuse some of their values and understand others differently. The URL has
// parameters for them.
for (const name of ['PGTARGETSESSIONATTRS', 'PGSSLNEGOTIATION']) delete process.env[name]

/** The longest time (ms) that a line of the log waits for others. */
const longestWait = 5

type Stream = NodeJS.WriteStream & { readonly fd: number }

/** Texts that the system has not taken yet. */
let untaken = 0
let onAllTaken = () => {}
/** Whether the system refused a text, as a full disk does. A reader that closed the pipe (`grantd | head`) wanted no more. */
let isRefused = false
/** The code of the system for a text that standard output did not take. */
let outRefusal: string | undefined

function write(stream: Stream, content: string | Uint8Array, done?: (isWritten: boolean) => void): void {
  untaken++
  const end = (fault: unknown) => {
    done?.(!fault)
    const code = fault ? codeOf(fault) : undefined
    if (code !== undefined && code !== 'EPIPE') {
      isRefused = true
      if (stream === process.stdout) outRefusal = code
    }
    if (--untaken === 0) onAllTaken()
  }
  send(stream, content, end)
}

/** Streams that threw. Deno throws what Bun calls back with, and its stream writes nothing more, so its descriptor is written to. */
const broken = new Set<Stream>()

function send(stream: Stream, content: string | Uint8Array, end: (fault: unknown) => void): void {
  try {
    if (!broken.has(stream)) return void stream.write(content, end)
    writeFileSync(stream.fd, content)
    queueMicrotask(() => end(undefined))
  } catch (cause) {
    broken.add(stream)
    queueMicrotask(() => end(cause))
  }
}

const lines = createLineWriter(
  (text, done) => write(process.stdout, text, done),
  (callback) => void setTimeout(callback, longestWait),
  { isShared: process.connected },
)

const clock: Clock = {
  now: Date.now,
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },
  nextTurn: (callback) => void setImmediate(callback),
  monotonic: () => performance.now(),
}

export function nodePlatform(): SharedPlatform {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that ends (`grantd | head`) must not end the server.
    stream.on('error', () => {})
  }
  return {
    args: process.argv.slice(2),
    files: nodeFiles,
    sqlite: nodeSqlite,
    localSockets: {
      // Loaded at their use, to keep the start short.
      serve: async (path, answer) =>
        (await import('./node-local-sockets.ts')).nodeLocalSockets.serve(path, answer),
      ask: async (...asked) => (await import('./node-local-sockets.ts')).nodeLocalSockets.ask(...asked),
    },
    certificates: nodeCertificates,
    cores: Math.max(1, availableParallelism()),
    processes: nodeProcesses({ onStart: lines.share }),
    canSharePort: process.platform === 'linux',
    canRenewListener: false,
    environment: (name) => process.env[name],
    isTerminal: process.stdout.isTTY === true,
    readInput,
    ...clock,
    generateKeyPem: async (...kind) => (await import('./node-keys.ts')).generateKeyPem(...kind),
    openNativeKey,
    startSha256: async () => (await import('./node-running-hash.ts')).startSha256(),
    outbound: {
      // Loaded at their use, to keep the start short.
      resolve: async (host) => (await import('./node-outbound.ts')).nodeOutbound().resolve(host),
      post: async (request) => (await import('./node-outbound.ts')).nodeOutbound().post(request),
    },
    openCarrier: async () => (await import('./node-carrier.ts')).createCarrier(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    writeOut: (text) => {
      lines.flush()
      write(process.stdout, text)
    },
    writeLine: lines.add,
    onLostLines: lines.onLost,
    writeOutPaced: writePaced,
    writeBytesPaced: writePaced,
    writeError: (text) => write(process.stderr, text),
    onStopSignal: (listener) => {
      takesSignals = true
      const ends = (['SIGTERM', 'SIGINT'] as const).map((signal) => hear(signal, () => listener(signal)))
      return () => {
        for (const end of ends) end()
      }
    },
    onReloadSignal: (listener) => {
      // Windows sends SIGHUP when the console window is closed. That is not an order to reload.
      if (process.platform === 'win32') return () => {}
      // A terminal that is closed sends SIGHUP too. The server must stop then, because it could not be stopped from there later.
      return hear('SIGHUP', () => (isTerminalGone() ? void process.kill(process.pid, 'SIGTERM') : listener()))
    },
    onReplaceSignal: (listener) => {
      if (process.platform === 'win32') return () => {}
      return hear('SIGUSR2', listener)
    },
  }
}

function writePaced(content: string | Uint8Array): Promise<boolean> {
  lines.flush()
  return new Promise((resolve) => write(process.stdout, content, resolve))
}

function isTerminalGone(): boolean {
  if (process.stdout.isTTY !== true) return false
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return false
  } catch {
    return true
  }
}

async function readInput(limit = 1024 * 1024): Promise<string | undefined> {
  if (process.stdin.isTTY) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk)
    size += chunk.length
    // A device or a command may write for ever.
    if (size > limit) throw new FileError('read', 'standard input', `it has more than ${limit} bytes`)
  }
  // TextDecoder, unlike Buffer, removes the byte order mark that some text editors write.
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** The longest time (ms) that the end of a server waits for a reader of its output that stands still. */
const longestGoodbye = 1000
/** Whether a signal is only an order to this process, which ends by itself then, as a server does. */
let takesSignals = false

/**
 * Ends the process once its output is written. A command waits for its reader, such as a pager, until a signal ends it, and fails where its
 * output is lost. Only main.ts calls this.
 */
export function exitProcess(code: number): void {
  lines.flush()
  onAllTaken = () => leave(code)
  // An empty write is no sign: Bun calls back for it before the texts in front of it are written.
  if (untaken === 0) onAllTaken()
  if (takesSignals) setTimeout(onAllTaken, longestGoodbye)
}

function leave(code: number): void {
  if (!isRefused || takesSignals) process.exit(code)
  onAllTaken = () => process.exit(code === 0 ? 1 : code)
  if (outRefusal === undefined) process.exit(code === 0 ? 1 : code)
  const told = withStep(`Cannot write all of standard output, and what is done stays done: ${outRefusal}`)
  write(process.stderr, `grantd: ${told}\n`)
}

/** Passes an uncaught error to `report`. The state of the process is unknown then, so `report` has to end it. */
export function onUncaughtFault(report: (fault: unknown) => void): void {
  process.on('uncaughtException', report)
  process.on('unhandledRejection', report)
}
