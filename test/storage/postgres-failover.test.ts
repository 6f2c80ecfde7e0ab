import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { connect, createServer } from 'node:net'
import { type Storage, StorageRefusedError } from '../../src/storage/storage.ts'
import { startPooler } from '../support/postgres-pooler.ts'
import { type PostgresServer, sharedPostgres, startPostgres } from '../support/postgres-server.ts'
import { followPrimary, promote, standbyName, startStandby } from '../support/postgres-standby.ts'
import { complaintOf, numbers, open, withStorage } from '../support/postgres-storage.ts'
import { rest, waitFor } from '../support/wait-for.ts'

setDefaultTimeout(120_000)

interface Pair {
  /** The primary, with the database `postgres`. */
  readonly first: PostgresServer
  /** Follows it. */
  readonly second: PostgresServer
}

async function startPair(): Promise<Pair> {
  const first = await startPostgres()
  return { first, second: await startStandby(first) }
}

async function removePair({ first, second }: Pair): Promise<void> {
  await second.remove()
  await first.remove()
}

/** A port that leads to the server, half a second late. */
async function startSlowWay({ port }: PostgresServer): Promise<Disposable & { readonly port: number }> {
  const way = createServer(async (from) => {
    from.on('error', () => {})
    // Time is the subject: a server that many connect to at once is slow.
    await rest(500)
    const to = connect(port, '127.0.0.1').on('error', () => {})
    from.pipe(to).pipe(from)
  })
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve))
  const address = way.address()
  if (address === null || typeof address === 'string') throw new Error('It has no port')
  return { port: address.port, [Symbol.dispose]: () => void way.close() }
}

/** For tests that leave the primary the primary. */
let shared: Pair

beforeAll(async () => {
  shared = await startPair()
})
afterAll(() => removePair(shared))

/** With a primary that may be lost. */
async function withPair(work: (pair: Pair) => Promise<unknown>): Promise<void> {
  const pair = await startPair()
  try {
    await work(pair)
  } finally {
    await removePair(pair)
  }
}

/** The url of the database `postgres`, with the hosts in this order. */
function urlOf(server: PostgresServer, ...others: readonly { readonly port: number }[]): string {
  const hosts = [server, ...others].map(portOf).join(',')
  return server.url.replace(/127\.0\.0\.1:\d+/, hosts)
}

const portOf = ({ port }: { readonly port: number }) => `127.0.0.1:${port}`
const rowsOf = (storage: Storage) => storage.of('acme').of(numbers)
const row = (id: string) => ({ id, value: { n: 1 } })

function waitUntilBack(storage: Storage): Promise<boolean> {
  return waitFor('the storage works again', () =>
    storage.check().then(
      () => true,
      () => false,
    ),
  )
}

/** Asks until a write is done; the number of the attempt is part of its id. */
async function writeAgain(storage: Storage): Promise<void> {
  let attempt = 0
  await waitFor('something can be written again', () =>
    rowsOf(storage)
      .create(row(`again-${attempt++}`))
      .catch(() => false),
  )
}

describe('a standby', () => {
  test('alone is not used, and a start may be tried again', async () => {
    const { first, second } = shared
    await withStorage(urlOf(first), async () => {})
    const complaint = await complaintOf(open(urlOf(second)))
    expect(complaint).not.toBeInstanceOf(StorageRefusedError)
    expect(complaint.message).toBe(
      `Cannot use the Postgres database postgres at ${portOf(second)}: the server is a standby, which only reads; name the server that takes writes in the URL, or all of them with commas between them`,
    )
  })

  test('that is named first is passed over: what was written is read at once, however late it is', () =>
    withStorage(urlOf(shared.second, shared.first), async (_, records) => {
      const { second } = shared
      await second.run(second.url, 'select pg_wal_replay_pause()')
      await Promise.all(Array.from({ length: 20 }, (__, n) => records.create(row(`${n}`))))
      expect(await records.list({ limit: 99 })).toHaveLength(20)
      await second.run(second.url, 'select pg_wal_replay_resume()')
    }))

  test('is named with what is wrong with the others', async () => {
    const { first, second } = shared
    await first.stop()
    const { message } = await complaintOf(open(urlOf(first, second)))
    expect(message).toBe(
      `Cannot use the Postgres database postgres at ${portOf(first)}, ${portOf(second)}: no host takes writes (${portOf(first)}: connect ECONNREFUSED ${portOf(first)}; ${portOf(second)}: the server is a standby, which only reads); look at each of them; after a failover, wait until one of them is promoted`,
    )
    await first.start()
  })
})

test('a host that answers nobody does not keep the other one', async () => {
  const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  try {
    const url = urlOf(shared.first).replace('127.0.0.1', `127.0.0.1:${silent.port},127.0.0.1`)
    // Its time is longer than that of a test: who waited for the silent one would never be through.
    await withStorage(url, (_, records) => records.find('a'), { connectTimeoutMs: 600_000 })
  } finally {
    silent.stop(true)
  }
})

test('two clusters that know nothing of each other are refused', async () => {
  const { first } = shared
  const other = await sharedPostgres()
  const message = `: ${portOf(other)}: the server is the primary of another cluster; name only hosts of one cluster in the URL, `
  const refusal = await complaintOf(open(urlOf(first, other)))
  expect(refusal).toBeInstanceOf(StorageRefusedError)
  expect(refusal.message).toContain(message)
})

test('of two hosts with one password, one that is wrong is refused as of one', async () => {
  const complaint = await complaintOf(open(urlOf(shared.first, shared.second), { password: 'hunter2-wrong' }))
  expect(complaint).toBeInstanceOf(StorageRefusedError)
  expect(complaint.message).toContain('password authentication failed')
})

test('when the primary is killed and the standby promoted, nothing that was answered is lost', () =>
  withPair(async ({ first, second }) => {
    await first.configure({ synchronous_standby_names: standbyName })
    await withStorage(urlOf(first, second), async (storage, records) => {
      const known: string[] = []
      let isOver = false
      const write = async (worker: number) => {
        for (let turn = 0; !isOver; turn++) {
          const id = `${worker}-${turn}`
          const isDone = await records.create(row(id)).catch(() => false)
          if (isDone) known.push(id)
          else await waitUntilBack(storage)
        }
      }
      const workers = [1, 2, 3, 4].map(write)
      await waitFor('some rows are written', () => known.length >= 50)
      await first.kill()
      await promote(second)
      await second.configure({ synchronous_standby_names: '' })
      await writeAgain(storage)
      isOver = true
      await Promise.all(workers)
      const ids = new Set((await records.list({ limit: 100_000 })).map(({ id }) => id))
      expect(known.filter((id) => !ids.has(id))).toEqual([])
    })
  }))

test('a primary that comes back as a standby is left for the one that was promoted', () =>
  withPair(({ first, second }) =>
    withStorage(urlOf(first, second), async (storage, records) => {
      await records.create(row('before'))
      await first.stop()
      await promote(second)
      await followPrimary(first.folder, second)
      await first.start()
      await writeAgain(storage)
      await second.run(
        second.url,
        `insert into grantd_records values ('acme', 'number', 'there', '{"n":1}', 1)`,
      )
      expect(await records.find('there')).toBeDefined()
      expect(await records.find('before')).toBeDefined()
    }),
  ))

/** Waits until the standby has all that the primary wrote: what is promoted before has not even the tables. */
async function catchUp({ first, second }: Pair): Promise<void> {
  const [written] = await first.run(first.url, 'select pg_current_wal_lsn()::text as lsn')
  const asked = `select pg_last_wal_replay_lsn() >= '${written?.['lsn']}' as there`
  await waitFor('the standby has it all', async () => (await second.run(second.url, asked))[0]?.['there'])
}

describe('a primary that was left behind', () => {
  /** A row that only the server that was promoted has. */
  const revoke = ({ second }: Pair) =>
    second.run(second.url, `insert into grantd_records values ('acme', 'number', 'revoked', '{"n":1}', 1)`)

  test('while it lives on is left at the next look, by every connection', () =>
    withPair((pair) => {
      const { first, second } = pair
      return withStorage(urlOf(first, second), async (storage, records) => {
        await Promise.all(Array.from({ length: 20 }, () => records.find('revoked')))
        await catchUp(pair)
        await promote(second)
        await revoke(pair)
        expect(await records.find('revoked')).toBe(undefined)
        await storage.tidy()
        // The next looks say that it is still there.
        await records.find('revoked')
        expect((await complaintOf(storage.tidy())).message).toContain(
          `: ${portOf(first)}: the server is on timeline 1, and another was promoted to 2; stop the old server, and let it follow the one that was promoted`,
        )
        const found = await Promise.all(Array.from({ length: 20 }, () => records.find('revoked')))
        expect(found).not.toContain(undefined)
      })
    }))

  test('is not chosen by who starts, whatever the order, nor where the promoted one answers late', () =>
    withPair(async (pair) => {
      const { first, second } = pair
      await withStorage(urlOf(first), async () => {})
      await catchUp(pair)
      await promote(second)
      await revoke(pair)
      using slow = await startSlowWay(second)
      for (const url of [urlOf(first, second), urlOf(second, first), urlOf(first, slow)])
        expect(await withStorage(url, (_, records) => records.find('revoked'))).toBeDefined()
    }))

  test('and comes back after the other one is gone is named and not used', () =>
    withPair(({ first, second }) =>
      withStorage(urlOf(first, second), async (storage) => {
        await first.stop()
        await promote(second)
        await writeAgain(storage)
        await first.start()
        await second.stop()
        await storage.check().catch(() => {})
        const { message } = await complaintOf(storage.check())
        expect(message).toContain(
          `${portOf(first)}: the server is on timeline 1, and another was promoted to 2; ${portOf(second)}: `,
        )
      }),
    ))
})

test('a primary that is set to read only is believed no answer any more, until it takes writes', () =>
  withStorage(urlOf(shared.first), async (storage, records) => {
    const { first } = shared
    await records.find('a')
    await first.configure({ default_transaction_read_only: 'on' })
    const { message } = await complaintOf(until(() => records.find('a')))
    expect(message).toContain(': the server only reads now; name the server that takes writes in the URL')
    expect((await complaintOf(records.find('a'))).message).toContain(': the server only reads; ')
    await first.configure({ default_transaction_read_only: 'off' })
    await writeAgain(storage)
  }))

test('behind a pooler no server that only reads answers, not even that a row is not there', async () => {
  const { first } = shared
  const pooler = startPooler(first.port)
  try {
    const url = urlOf(first).replace(`:${first.port}`, `:${pooler.port}`)
    await withStorage(url, async (storage, records) => {
      expect(await records.find('nowhere')).toBe(undefined)
      // The pooler says nothing of it: it may have another server for each transaction.
      await first.configure({ default_transaction_read_only: 'on' })
      const { message } = await complaintOf(until(() => records.find('nowhere')))
      expect(message).toContain(': the server only reads; name the server that takes writes in the URL')
      await first.configure({ default_transaction_read_only: 'off' })
      await writeAgain(storage)
    })
  } finally {
    pooler.stop(true)
  }
})

/** Asks until it fails, and fails with that. */
async function until(ask: () => Promise<unknown>): Promise<void> {
  // The process of a connection hears of a setting after the one that was asked for it.
  await waitFor('it fails', async () => {
    await ask()
    return false
  })
}

test('a commit that was let go without its standby is not taken for one', async () => {
  const { first } = shared
  const url = await first.createDatabase()
  await withStorage(url, async (_, records) => {
    await first.configure({ synchronous_standby_names: 'nobody' })
    const writing = complaintOf(records.create(row('a')))
    const waiting = `select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and datname like 'test%'`
    await waitFor('the commit waits', async () => (await first.run(first.url, waiting)).length > 0)
    expect((await writing).message).toContain(
      ': the wait for a standby was cut off; it is not known whether the standby has the write; look at the standby',
    )
    await first.configure({ synchronous_standby_names: '' })
  })
})
