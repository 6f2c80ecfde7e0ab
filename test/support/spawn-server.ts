import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Glob } from 'bun'
import { Canary } from './canary.ts'
import { expectLogDocumented } from './documented.ts'

const root = resolve(import.meta.dir, '../..')

/** Deno itself, out of the package of this platform: the package `deno` only unpacks it at its first use. */
export const denoProgram = findDeno()

function findDeno(): string {
  const folder = join(root, 'node_modules/@deno')
  const [found] = [...new Glob('*/deno{,.exe}').scanSync({ cwd: folder, absolute: true })]
  if (found === undefined)
    throw new Error(`Cannot find Deno below ${folder}; run: make node_modules/.installed`)
  return found
}

/** The ways to run grantd as a process of its own. */
export const programs = {
  executable: [join(root, 'dist/grantd')],
  deno: [
    denoProgram,
    ...[
      'run',
      '--quiet',
      '--no-prompt',
      '--allow-net',
      '--allow-read',
      '--allow-write',
      '--allow-env',
      '--allow-sys',
    ],
    join(root, 'src/main.ts'),
  ],
} as const

export type Program = readonly string[]

/** Servers that have not ended yet, by the folder that they run in. */
const running = new Map<Bun.Subprocess, string>()

/** Ends what a failed test left running in its folder or below. */
async function endServersOf(folder: string): Promise<void> {
  for (const [child, itsFolder] of running) {
    if (!itsFolder.startsWith(folder)) continue
    child.kill('SIGKILL')
    await child.exited
  }
}

/** A new folder that is gone after `work`, and what runs in it too. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-run-'))
  try {
    return await work(folder)
  } finally {
    await endServersOf(folder)
    await rm(folder, { recursive: true, force: true })
  }
}

export interface Finished {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly folder: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

/** Runs a program to its end, without the environment of the test run. */
export async function run(
  program: Program,
  { folder, args = [], env = {}, stdin }: RunOptions,
): Promise<Finished> {
  const child = Bun.spawn([...program, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
    stdin: stdin === undefined ? 'ignore' : new TextEncoder().encode(stdin),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, out, err }
}

/** A server process that listens. */
export interface RunningServer {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly canary: Canary
  readonly exited: Promise<number>
  output(): string
  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGHUP' | 'SIGUSR2'): void
  /** Sends SIGTERM, answers the exit code, and fails when the output holds a watched secret. */
  stop(): Promise<number>
}

/** Starts a server on a free port and waits until it says where it listens. */
export async function startServer(program: Program, options: RunOptions): Promise<RunningServer> {
  const { folder, args = [], env = {} } = options
  const child = Bun.spawn([...program, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, GRANTD_PORT: '0', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  running.set(child, folder)
  void child.exited.then(() => running.delete(child))
  let text = ''
  const listening = Promise.withResolvers<{ scheme: string; port: number }>()
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true })
      const [, scheme, port] = /listens on (https?):\/\/\S+:(\d+)\n/.exec(text) ?? []
      if (scheme && port) listening.resolve({ scheme, port: Number(port) })
    }
  }
  const streams = Promise.all([collect(child.stdout), collect(child.stderr)])
  void child.exited.then((code) =>
    listening.reject(new Error(`ended with ${code} before it listened: ${text}`)),
  )
  const { scheme, port } = await listening.promise
  const canary = new Canary(
    await Bun.file(join(folder, 'config.yaml'))
      .text()
      .catch(() => ''),
  )
  return {
    url: `${scheme}://localhost:${port}`,
    port,
    pid: child.pid,
    canary,
    exited: child.exited,
    output: () => text,
    kill: (signal) => child.kill(signal),
    stop: async () => {
      child.kill('SIGTERM')
      const code = await child.exited
      await streams
      canary.check(text)
      expectLogDocumented(findLogLines(text))
      return code
    },
  }
}

/** What was logged; a line that a kill cut off is none. */
function findLogLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line)] : []))
}

export async function writeConfig(folder: string, yaml: string): Promise<void> {
  await Bun.write(join(folder, 'config.yaml'), yaml)
}
