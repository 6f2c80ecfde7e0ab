import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePort } from '../../support/free-port.ts'
import { postgresPassword, postgresUser } from '../../support/postgres-server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { findDebianPostgres, type Place, until } from './programs.ts'

/** The settings of Patroni that say how long a failover takes, in seconds; its defaults are 30, 10 and 10. */
export const patroniTimes = { ttl: 15, loop_wait: 2, retry_timeout: 5 } as const

/** A node: a Patroni and the Postgres that it runs. */
export class PatroniNode {
  readonly name: string
  readonly port: number
  readonly #place: Place
  readonly #api: number
  #patroni: ReturnType<Place['start']>
  readonly #command: readonly string[]

  static async start(place: Place, { name, etcd }: { name: string; etcd: number }): Promise<PatroniNode> {
    const [port, api] = [await findFreePort(), await findFreePort()]
    const file = await place.write(
      `${name}.yaml`,
      renderNode({ name, etcd, port, api, folder: place.folder }),
    )
    return new PatroniNode(place, { name, port, api, file })
  }

  private constructor(
    place: Place,
    { name, port, api, file }: { name: string; port: number; api: number; file: string },
  ) {
    this.name = name
    this.port = port
    this.#place = place
    this.#api = api
    this.#command = ['patroni', file]
    this.#patroni = place.start(this.#command)
  }

  /** Ends Patroni and its Postgres as the end of the machine would. */
  async kill(): Promise<void> {
    const pid = await this.#postgresPid()
    this.#patroni.kill('SIGKILL')
    process.kill(pid, 'SIGKILL')
    await this.#patroni.exited
  }

  startAgain(): void {
    this.#patroni = this.#place.start(this.#command)
  }

  /** Stops Patroni and leaves its Postgres as it is, which nobody tells any more that it is not the primary. */
  freeze(): void {
    this.#patroni.kill('SIGSTOP')
  }

  thaw(): void {
    this.#patroni.kill('SIGCONT')
  }

  async isPrimary(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.#api}/primary`)).status === 200
  }

  /** Whether it follows the primary and has all that this one has answered. */
  async isSynchronous(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.#api}/synchronous`)).status === 200
  }

  /** Asks for a planned change of the primary, from this one to `other`. */
  async switchTo(other: PatroniNode): Promise<void> {
    const body = JSON.stringify({ leader: this.name, candidate: other.name })
    const response = await fetch(`http://127.0.0.1:${this.#api}/switchover`, { method: 'POST', body })
    if (response.status !== 200) throw new Error(`Patroni does not switch over: ${await response.text()}`)
  }

  /** Ends both, and waits until Postgres writes nothing more. */
  async end(): Promise<void> {
    const pid = await this.#postgresPid().catch(() => undefined)
    this.#patroni.kill('SIGKILL')
    await this.#patroni.exited
    if (pid === undefined) return
    const isThere = () => Bun.spawnSync(['kill', '-QUIT', String(pid)], { stderr: 'ignore' }).exitCode === 0
    await waitFor('Postgres has ended', () => !isThere(), { seconds: 10 })
  }

  async #postgresPid(): Promise<number> {
    const text = await readFile(join(this.#place.folder, this.name, 'postmaster.pid'), 'utf8')
    return Number(text.split('\n')[0])
  }
}

interface NodeSettings {
  readonly name: string
  readonly etcd: number
  readonly port: number
  readonly api: number
  readonly folder: string
}

function renderNode({ name, etcd, port, api, folder }: NodeSettings): string {
  const account = { username: postgresUser, password: postgresPassword }
  // JSON is YAML.
  return JSON.stringify({
    scope: 'grantd',
    name,
    restapi: { listen: `127.0.0.1:${api}`, connect_address: `127.0.0.1:${api}` },
    etcd3: { hosts: `127.0.0.1:${etcd}` },
    bootstrap: {
      dcs: { ...patroniTimes, synchronous_mode: true, postgresql: { use_pg_rewind: true } },
      initdb: [{ encoding: 'UTF8' }, 'data-checksums'],
      pg_hba: ['host all all 127.0.0.1/32 scram-sha-256', 'host replication all 127.0.0.1/32 scram-sha-256'],
    },
    postgresql: {
      listen: `127.0.0.1:${port}`,
      connect_address: `127.0.0.1:${port}`,
      data_dir: join(folder, name),
      bin_dir: join(findDebianPostgres(), 'bin'),
      pgpass: join(folder, `${name}.pgpass`),
      authentication: { superuser: account, replication: account, rewind: account },
      parameters: { unix_socket_directories: folder, password_encryption: 'scram-sha-256' },
    },
  })
}

/** A cluster of two nodes, of which `a` is the primary and `b` its synchronous standby. */
export async function startPatroni(place: Place): Promise<{ a: PatroniNode; b: PatroniNode }> {
  const [etcd, peer] = [await findFreePort(), await findFreePort()]
  const [urls, peerUrls] = [`http://127.0.0.1:${etcd}`, `http://127.0.0.1:${peer}`]
  place.start([
    ...['etcd', '--data-dir', join(place.folder, 'etcd'), '--listen-client-urls', urls],
    ...['--advertise-client-urls', urls, '--listen-peer-urls', peerUrls],
    ...['--initial-advertise-peer-urls', peerUrls, '--initial-cluster', `default=${peerUrls}`],
  ])
  await until('etcd is healthy', async () => (await fetch(`${urls}/health`)).status === 200)
  const a = await PatroniNode.start(place, { name: 'a', etcd })
  await until('the first node is the primary', () => a.isPrimary())
  const b = await PatroniNode.start(place, { name: 'b', etcd })
  await until('the second node follows it', () => b.isSynchronous())
  return { a, b }
}
