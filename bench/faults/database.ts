import { join } from 'node:path'
import { Glob } from 'bun'
import { type Host, hubAddress, until } from './hosts.ts'

const user = 'grantd'
const password = 'grantd-of-the-faults'
const etcdUrl = `http://${hubAddress}:2379`
const port = 5432
/** In seconds; the defaults of Patroni are 30, 10 and 10. */
const times = { ttl: 15, loop_wait: 2, retry_timeout: 5 } as const

function findPrograms(): string {
  const found = [...new Glob('*/bin/initdb').scanSync({ cwd: '/usr/lib/postgresql', absolute: true })].sort()
  const program = found.at(-1)
  if (program === undefined)
    throw new Error('Cannot find /usr/lib/postgresql/*/bin/initdb: install postgresql')
  return program.replace('/initdb', '')
}

export async function startEtcd(hub: Host): Promise<void> {
  const peer = `http://${hubAddress}:2380`
  hub.start({
    words: [
      ...['etcd', '--data-dir', join(hub.folder, 'etcd'), '--listen-client-urls', etcdUrl],
      ...['--advertise-client-urls', etcdUrl, '--listen-peer-urls', peer],
      ...['--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ],
    asNobody: true,
  })
  await until('etcd is healthy', async () => (await fetch(`${etcdUrl}/health`)).ok)
}

/** A Patroni and the Postgres that it runs, on a host of their own. */
export class Node {
  readonly host: Host

  constructor(host: Host) {
    this.host = host
  }

  async start(): Promise<void> {
    const file = await this.host.write('patroni.yaml', this.#render())
    this.host.start({ words: ['patroni', file], asNobody: true })
  }

  isPrimary(): Promise<boolean> {
    return this.#asks('primary')
  }

  /** Whether it follows the primary and has all that this one has acknowledged. */
  isSynchronous(): Promise<boolean> {
    return this.#asks('synchronous')
  }

  async #asks(path: string): Promise<boolean> {
    const signal = AbortSignal.timeout(1000)
    return (await fetch(`http://${this.host.address}:8008/${path}`, { signal })).status === 200
  }

  #render(): string {
    const { name, address, folder } = this.host
    const account = { username: user, password }
    const anywhere = '10.99.77.0/24 scram-sha-256'
    // JSON is YAML.
    return JSON.stringify({
      scope: 'grantd',
      name,
      restapi: { listen: `${address}:8008`, connect_address: `${address}:8008` },
      etcd3: { hosts: etcdUrl.replace('http://', '') },
      bootstrap: {
        dcs: { ...times, synchronous_mode: true, postgresql: { use_pg_rewind: true } },
        initdb: [{ encoding: 'UTF8' }, 'data-checksums'],
        pg_hba: ['local all all trust', `host all all ${anywhere}`, `host replication all ${anywhere}`],
      },
      postgresql: {
        listen: `${address}:${port}`,
        connect_address: `${address}:${port}`,
        data_dir: join(folder, 'pgdata'),
        bin_dir: findPrograms(),
        pgpass: join(folder, 'pgpass'),
        authentication: { superuser: account, replication: account, rewind: account },
        parameters: { unix_socket_directories: folder, password_encryption: 'scram-sha-256' },
      },
    })
  }
}

/** The database as the replicas reach it: both nodes, of which they take the one that writes. */
export function databaseUrl(nodes: readonly Node[]): string {
  const hosts = nodes.map(({ host }) => `${host.address}:${port}`).join(',')
  return `postgres://${user}:${password}@${hosts}/postgres?target_session_attrs=read-write&sslmode=disable`
}

export async function otherIsPrimary(other: Node): Promise<void> {
  await until(`${other.host.name} is the primary`, () => other.isPrimary())
}
