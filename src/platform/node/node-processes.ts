import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import type { Channel, ChildProcess, Exit, Processes, ProcessState, ProcessUsage } from '../processes.ts'

/** Processes over node:child_process, with its channel for JSON. `onStart` is called before another process shares our output. */
export function nodeProcesses({ onStart }: { readonly onStart: () => void }): Processes {
  return {
    pid: process.pid,
    usage,
    state,
    look: async (pid) => (await import('./node-other-process.ts')).lookAtProcess(pid),
    startAgain: (environment) => {
      onStart()
      return startAgain(environment)
    },
    get parent() {
      return process.connected ? parentChannel : undefined
    },
  }
}

function usage(): ProcessUsage {
  const { user, system } = process.cpuUsage()
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() }
}

function state(): ProcessState {
  return { heapBytes: process.memoryUsage().heapUsed, ...descriptors(), startedAt: performance.timeOrigin }
}

/** Linux alone tells; elsewhere there is no /proc. */
function descriptors(): Pick<ProcessState, 'openDescriptors' | 'mostDescriptors'> {
  try {
    const most = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return {
      // One of them is the descriptor of this look.
      openDescriptors: readdirSync('/proc/self/fd').length - 1,
      mostDescriptors: most === undefined ? undefined : Number(most),
    }
  } catch {
    return { openDescriptors: undefined, mostDescriptors: undefined }
  }
}

/** The arguments that start this program: none for an executable, the first source file for a run from source. */
function programWords(): string[] {
  const [, entry = ''] = process.argv
  const isCompiled = entry.startsWith('/$bunfs/') || /^[A-Z]:[\\/]~BUN[\\/]/i.test(entry)
  return isCompiled ? [] : [...process.execArgv, entry]
}

function startAgain(environment: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [...programWords(), ...process.argv.slice(2)], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'json',
  })
  const { promise: exited, resolve } = Promise.withResolvers<Exit>()
  child.once('exit', (code, signal) =>
    resolve({ code: signal === null ? (code ?? undefined) : undefined, signal: signal ?? undefined }),
  )
  // A process that could not be started emits no exit.
  child.on('error', () => child.pid === undefined && resolve({ code: undefined, signal: undefined }))
  return {
    pid: child.pid ?? 0,
    exited,
    send: (message) => {
      if (child.connected) child.send(message as object, ignoreFault)
    },
    onMessage: (listener) => void child.on('message', listener),
    kill: () => void child.kill('SIGKILL'),
  }
}

const parentChannel: Channel = {
  send: (message) => {
    if (process.connected) process.send?.(message, undefined, undefined, ignoreFault)
  },
  onMessage: (listener) => void process.on('message', listener),
  onGone: (listener) => void process.on('disconnect', listener),
  release: () => {
    if (process.connected) process.disconnect?.()
  },
}

/** Ignores the error of a message to an ended process, because `exited` and `onGone` report its end. */
function ignoreFault(): void {}
