import { Buffer } from 'node:buffer'
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { setImmediate } from 'node:timers'
import { nodeFiles } from './node-files.ts'
import { generateKeyPem } from './node-keys.ts'
import { nodeSqlite } from './node-sqlite.ts'
import type { Hashing, Platform } from './platform.ts'

/** What Bun and Deno answer alike, through their node: modules. */
export type SharedPlatform = Omit<Platform, 'name' | 'passwordHash' | 'releaseMemory' | 'listen'>

const hashing: Hashing = {
  // In one call, which in Bun takes half the time of an object that is fed.
  sha256: (data) => hash('sha256', data, 'buffer'),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
}

export function nodePlatform(): SharedPlatform {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that goes away (`grantd | head`) must not end the server.
    stream.on('error', () => {})
  }
  return {
    args: process.argv.slice(2),
    files: nodeFiles,
    hashing,
    sqlite: nodeSqlite,
    cores: Math.max(1, availableParallelism()),
    environment: (name) => process.env[name],
    isTerminal: process.stdout.isTTY === true,
    readInput,
    now: Date.now,
    generateKeyPem,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    writeOut: (text) => void process.stdout.write(text),
    writeOutPaced: (text) =>
      new Promise((resolve) => void process.stdout.write(text, (fault) => resolve(!fault))),
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
    after: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds)
      return () => clearTimeout(timer)
    },
    nextTurn: (callback) => void setImmediate(callback),
    monotonic: () => performance.now(),
  }
}

async function readInput(): Promise<string | undefined> {
  if (process.stdin.isTTY) return undefined
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Ends the process once its output has left it. Only main.ts calls this. */
export function exitProcess(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}

/** Hands a fault that nobody caught to `report`; what is broken then is not known, so the process ends. */
export function onUncaughtFault(report: (fault: unknown) => void): void {
  process.on('uncaughtException', report)
  process.on('unhandledRejection', report)
}
