import { Buffer } from 'node:buffer'
import { closeSync, openSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { setImmediate } from 'node:timers'
import { createLineWriter } from '../line-writer.ts'
import type { Platform } from '../platform.ts'
import { nodeFiles } from './node-files.ts'
import { nodeProcesses } from './node-processes.ts'
import { openNativeKey } from './node-sign.ts'
import { nodeSqlite } from './node-sqlite.ts'

/** What Bun and Deno answer alike, through their node: modules. */
export type SharedPlatform = Omit<
  Platform,
  'name' | 'hashing' | 'passwordHash' | 'fetch' | 'listen' | 'quickCurves'
>

// Variables of libpq that the driver of Postgres takes up by itself: it refuses some of their values and means something else by others.
// What they say of the way to the server is said by the URL.
for (const name of ['PGTARGETSESSIONATTRS', 'PGSSLNEGOTIATION']) delete process.env[name]

/** Milliseconds that a line of the log may wait for others. */
const longestWait = 5

const lines = createLineWriter(
  (text) => void process.stdout.write(text),
  (callback) => void setTimeout(callback, longestWait),
  { isShared: process.connected },
)

export function nodePlatform(): SharedPlatform {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that goes away (`grantd | head`) must not end the server.
    stream.on('error', () => {})
  }
  return {
    args: process.argv.slice(2),
    files: nodeFiles,
    sqlite: nodeSqlite,
    cores: Math.max(1, availableParallelism()),
    processes: nodeProcesses({ onStart: lines.share }),
    canSharePort: process.platform === 'linux',
    environment: (name) => process.env[name],
    isTerminal: process.stdout.isTTY === true,
    readInput,
    now: Date.now,
    generateKeyPem: async (...kind) => (await import('./node-keys.ts')).generateKeyPem(...kind),
    openNativeKey,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    writeOut: (text) => {
      lines.flush()
      process.stdout.write(text)
    },
    writeLine: lines.add,
    writeOutPaced: (text) => {
      lines.flush()
      return new Promise((resolve) => void process.stdout.write(text, (fault) => resolve(!fault)))
    },
    writeError: (text) => void process.stderr.write(text),
    onStopSignal: (listener) => {
      const onTerm = () => listener('SIGTERM')
      const onInt = () => listener('SIGINT')
      process.on('SIGTERM', onTerm)
      process.on('SIGINT', onInt)
      return () => {
        process.off('SIGTERM', onTerm)
        process.off('SIGINT', onInt)
      }
    },
    onReloadSignal: (listener) => {
      // Windows sends it when the console window is closed, and then there is nothing to reload for.
      if (process.platform === 'win32') return () => {}
      // A terminal that is closed sends it too, and then nobody could stop what was started in it.
      const onHup = () => (isTerminalGone() ? void process.kill(process.pid, 'SIGTERM') : listener())
      process.on('SIGHUP', onHup)
      return () => void process.off('SIGHUP', onHup)
    },
    after: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds)
      return () => clearTimeout(timer)
    },
    nextTurn: (callback) => void setImmediate(callback),
    monotonic: () => performance.now(),
  }
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

async function readInput(): Promise<string | undefined> {
  if (process.stdin.isTTY) return undefined
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  // Unlike a Buffer, it leaves the byte order mark of a text editor out.
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** Ends the process once its output has left it. Only main.ts calls this. */
export function exitProcess(code: number): void {
  lines.flush()
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}

/** Hands a fault that nobody caught to `report`; what is broken then is not known, so the process ends. */
export function onUncaughtFault(report: (fault: unknown) => void): void {
  process.on('uncaughtException', report)
  process.on('unhandledRejection', report)
}
