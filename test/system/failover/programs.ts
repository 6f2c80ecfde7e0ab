import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Glob, type Subprocess } from 'bun'
import { rest, waitFor } from '../../support/wait-for.ts'

/** The installation of Debian's newest postgresql. */
export function findDebianPostgres(): string {
  const found = [...new Glob('*/bin/initdb').scanSync({ cwd: '/usr/lib/postgresql', absolute: true })].sort()
  const program = found.at(-1)
  if (program === undefined)
    throw new Error('Cannot find /usr/lib/postgresql/*/bin/initdb: install postgresql')
  return program.replace('/bin/initdb', '')
}

/** None of these programs lets root run it. */
const user = 'nobody'
const idOf = (option: string) => Number(Bun.spawnSync(['id', option, user]).stdout.toString())

/** A folder of a user that is not root, and the programs that run in it; all of it is gone after `work`. */
export class Place {
  readonly folder: string
  readonly #running = new Set<Subprocess>()

  constructor(folder: string) {
    this.folder = folder
  }

  /** Writes a file, and answers its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.folder, name)
    await writeFile(path, text, { mode: 0o600 })
    await chown(path, idOf('-u'), idOf('-g'))
    return path
  }

  /** Starts a program that ends with this process at the latest. */
  start(command: readonly string[]): Subprocess {
    const log = Bun.file(join(this.folder, `${command[0]}-${this.#running.size}.log`))
    const rights = ['--reuid', user, '--regid', String(idOf('-g')), '--clear-groups', '--pdeathsig', 'KILL']
    const child = Bun.spawn(['setpriv', ...rights, ...command], {
      cwd: this.folder,
      env: { PATH: '/usr/sbin:/usr/bin:/bin', HOME: this.folder, LC_ALL: 'C.UTF-8' },
      stdout: log,
      stderr: log,
    })
    this.#running.add(child)
    return child
  }

  async close(): Promise<void> {
    for (const child of this.#running) {
      // One that was stopped must hear it too.
      child.kill('SIGCONT')
      child.kill('SIGTERM')
    }
    // Time is the subject: what does not hear it in ten seconds is killed.
    await Promise.all([...this.#running].map((child) => Promise.race([child.exited, rest(10_000)])))
    for (const child of this.#running) child.kill('SIGKILL')
    await rm(this.folder, { recursive: true, force: true })
  }
}

export async function withPlace<T>(work: (place: Place) => Promise<T>): Promise<T> {
  const place = new Place(await mkdtemp(join(tmpdir(), 'grantd-failover-')))
  await chown(place.folder, idOf('-u'), idOf('-g'))
  try {
    return await work(place)
  } finally {
    await place.close()
  }
}

/** Asks until the answer is true; `what` is named when it never is. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  await waitFor(what, () => isSo().catch(() => false), { seconds: 90 })
}
