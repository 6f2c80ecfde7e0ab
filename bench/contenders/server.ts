import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { measureTree, type Usage } from '../measure/processes.ts'

export interface Launch {
  readonly command: readonly string[]
  /** Where it works, and where its log is kept for the case that it does not start. */
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  readonly port: number
  /** The path that answers 200 once it serves. */
  readonly readyPath: string
  /** Milliseconds that it may take; default: 60,000. */
  readonly patience?: number
}

/** A server of our own that answers, until it is stopped. */
export class Server {
  readonly origin: string
  /** When it was executed, in the time of performance.now(). */
  readonly startedAt: number
  /** Milliseconds from then to the first 200. */
  readonly readyAfter: number
  readonly #child: Bun.Subprocess

  private constructor(child: Bun.Subprocess, { origin, startedAt }: { origin: string; startedAt: number }) {
    this.#child = child
    this.origin = origin
    this.startedAt = startedAt
    this.readyAfter = performance.now() - startedAt
  }

  /** Throws an Error with what the program said when it ends instead of answering, or takes longer than its patience. */
  static async start({ command, folder, env, port, readyPath, patience = 60_000 }: Launch): Promise<Server> {
    const errors = await open(join(folder, 'stderr'), 'a')
    const startedAt = performance.now()
    const child = Bun.spawn([...command], {
      cwd: folder,
      env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
      stdout: 'ignore',
      stderr: errors.fd,
    })
    await errors.close()
    const origin = `http://127.0.0.1:${port}`
    while (!(await answers(origin + readyPath))) {
      if (child.exitCode !== null || performance.now() - startedAt > patience) {
        child.kill('SIGKILL')
        throw new Error(
          `${command.join(' ')} does not answer ${readyPath}:\n${await Bun.file(join(folder, 'stderr')).text()}`,
        )
      }
      await Bun.sleep(1)
    }
    return new Server(child, { origin, startedAt })
  }

  measure(): Promise<Usage> {
    return measureTree(this.#child.pid)
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 12_000)
    await this.#child.exited
    clearTimeout(late)
  }
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    async (response) => {
      await response.arrayBuffer()
      return response.status === 200
    },
    () => false,
  )
}
