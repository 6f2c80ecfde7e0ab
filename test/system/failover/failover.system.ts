import { expect, setDefaultTimeout, test } from 'bun:test'
import {
  type PostgresServer,
  postgresPassword,
  postgresUser,
  startPostgres,
} from '../../support/postgres-server.ts'
import { promote, standbyName, startStandby } from '../../support/postgres-standby.ts'
import { programs, startServer, withFolder, writeConfig } from '../../support/spawn-server.ts'
import { type LoadReport, withLoad } from './load.ts'
import { patroniTimes, startPatroni } from './patroni.ts'
import { startPgbouncer } from './pgbouncer.ts'
import { findDebianPostgres, until, withPlace } from './programs.ts'

/** Two replicas of the executable, Debian's postgresql with a synchronous standby, pgbouncer, and Patroni with etcd. */

setDefaultTimeout(240_000)

/** The url of the database `postgres` through these ports. */
const urlOf = (ports: readonly number[], query = '') =>
  `postgres://${postgresUser}:${encodeURIComponent(postgresPassword)}@${ports.map((port) => `127.0.0.1:${port}`).join(',')}/postgres${query}`

async function withPair(
  work: (first: PostgresServer, second: PostgresServer) => Promise<void>,
): Promise<void> {
  const first = await startPostgres({ programs: findDebianPostgres(), durable: true })
  const second = await startStandby(first)
  try {
    await first.configure({ synchronous_standby_names: standbyName })
    await work(first, second)
  } finally {
    await second.remove()
    await first.remove()
  }
}

/** Lets the standby be the primary, without a standby of its own. */
async function takeOver(second: PostgresServer): Promise<void> {
  await promote(second)
  await second.configure({ synchronous_standby_names: '' })
}

/** Nothing that was answered was lost, and nothing that was revoked was active again. */
function expectWhole(report: LoadReport): void {
  expect(report.staleFor).toBe(0)
  expect(report.refused).toBeGreaterThan(0)
}

test('a primary that dies under load and comes back alone: what was revoked stays revoked', () =>
  withPair(async (first, second) => {
    const url = urlOf([first.port, second.port], '?target_session_attrs=read-write')
    const report = await withLoad('killed and promoted by hand', url, async (load) => {
      await first.kill()
      await takeOver(second)
      load.noteReady()
      await load.untilRevoked(200)
      await first.start()
      await load.untilRevoked(500)
    })
    expectWhole(report)
  }))

test('a standby that is promoted while the old primary lives on: no replica stays there', () =>
  withPair(async (first, second) => {
    const url = urlOf([first.port, second.port])
    const report = await withLoad('promoted beside a primary that lives on', url, async (load) => {
      await takeOver(second)
      await load.untilRevoked(500)
    })
    // The old one waits for its standby, so it acknowledges nothing, and is looked behind every five seconds.
    expect(report.staleFor).toBeLessThan(8)
  }))

test('pgbouncer in transaction mode: everything works through two connections, and no standby is believed', () =>
  withPair((first, second) =>
    withPlace(async (place) => {
      const pooler = await startPgbouncer(place, { serverPort: first.port })
      const url = urlOf([pooler.port], '?prepare=false')
      const report = await withLoad('through pgbouncer, led to a standby and back', url, async (load) => {
        // The standby hears of nothing any more, and is where all transactions go.
        await first.configure({ synchronous_standby_names: '' })
        await second.run(second.url, 'select pg_wal_replay_pause()')
        await load.untilRevoked(100)
        const before = load.refused
        await pooler.leadTo(second.port)
        await until('requests are refused', async () => load.refused > before + 20)
        // Reads too, on the connections that were there: their pooler did not tell.
        await until('a read is refused', async () => load.output.includes(': the server only reads; '))
        await pooler.leadTo(first.port)
        await load.untilRevoked(100)
        await second.run(second.url, 'select pg_wal_replay_resume()')
        await first.configure({ synchronous_standby_names: standbyName })
        await load.untilRevoked(100)
        await first.kill()
        await takeOver(second)
        await pooler.leadTo(second.port)
      })
      expectWhole(report)
    }),
  ))

test('pgbouncer without prepare=false: refused with the next step, or let through where it ignores the settings', () =>
  withPair((first) =>
    withPlace((place) =>
      withFolder(async (folder) => {
        const strict = await startPgbouncer(place, { serverPort: first.port })
        await writeConfig(folder, 'tenants: { acme: { name: Acme } }\n')
        const refused = startServer(programs.executable, {
          folder,
          env: {
            GRANTD_STORAGE: urlOf([strict.port]),
            GRANTD_MASTER_KEY: Buffer.alloc(32).toString('base64'),
          },
        })
        expect(String(await refused.catch((cause: unknown) => cause))).toContain(
          'unsupported startup parameter: statement_timeout (08P01); where a pooler stands before the server, add prepare=false to the URL',
        )
        const ignored = 'statement_timeout, idle_in_transaction_session_timeout'
        const lenient = await startPgbouncer(place, {
          serverPort: first.port,
          settings: `ignore_startup_parameters = ${ignored}`,
        })
        await withLoad('through pgbouncer that ignores the settings', urlOf([lenient.port]), (load) =>
          load.untilRevoked(500),
        )
      }),
    ),
  ))

test('Patroni with etcd: a primary that dies, a planned change, and a Patroni that hangs', () =>
  withPlace(async (place) => {
    const { a, b } = await startPatroni(place)
    try {
      const url = urlOf([a.port, b.port], '?target_session_attrs=read-write')
      const { ttl, loop_wait, retry_timeout } = patroniTimes
      const times = `ttl ${ttl}, loop_wait ${loop_wait}, retry_timeout ${retry_timeout}`
      const died = await withLoad(`Patroni (${times}): the primary dies`, url, async (load) => {
        await a.kill()
        await until('the other one is the primary', () => b.isPrimary())
        load.noteReady()
        await load.untilRevoked(100)
        a.startAgain()
        await until('the first one follows', () => a.isSynchronous())
      })
      expectWhole(died)
      const planned = await withLoad('Patroni: a planned switchover', url, async () => {
        await b.switchTo(a)
        await until('the first one is the primary', () => a.isPrimary())
        await until('the second one follows', () => b.isSynchronous())
      })
      expect(planned.staleFor).toBe(0)
      const hung = await withLoad(
        'Patroni: that of the primary hangs, and its Postgres lives on',
        url,
        async (load) => {
          a.freeze()
          await until('the other one is the primary', () => b.isPrimary())
          await load.untilRevoked(500)
          a.thaw()
          await until('the first one follows', () => a.isSynchronous())
        },
      )
      // Two primaries for a while: the old one acknowledges nothing without its standby.
      expect(hung.staleFor).toBeLessThan(8)
    } finally {
      await Promise.all([a.end(), b.end()])
    }
  }))
