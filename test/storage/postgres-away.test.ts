import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { Storage } from '../../src/storage/storage.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import { complaintOf, numbers, open, verbsOf, withStorage } from '../support/postgres-storage.ts'
import { shortTimes } from '../support/postgres-times.ts'
import { waitFor } from '../support/wait-for.ts'

setDefaultTimeout(60_000)

/** A server of its own, for it is stopped, killed and paused here. */
let server: PostgresServer
let url: string

beforeAll(async () => {
  server = await startPostgres()
  url = await server.createDatabase()
})
afterAll(() => server.remove())

/** What is said where one of our own limits ended the wait. */
const inTime = new RegExp(
  `: (?:no answer within \\d+ ms|all \\d+ connections were in use for ${shortTimes.connectTimeoutMs} ms)`,
)

function waitUntilBack(storage: Storage): Promise<boolean> {
  return waitFor('the storage works again', () =>
    storage.check().then(
      () => true,
      () => false,
    ),
  )
}

/** Every verb at once fails with words that `wanted` matches. */
async function expectAllFail(storage: Storage, wanted: RegExp): Promise<void> {
  const asked = Object.entries(verbsOf(storage)).map(async ([name, ask]) => [name, await complaintOf(ask())])
  for (const [name, complaint] of await Promise.all(asked))
    expect([name, String(complaint)]).toEqual([name, expect.stringMatching(wanted)])
}

test('while the server is stopped every verb fails in time, and after its return all work', () =>
  withStorage(url, async (storage, records) => {
    await records.create({ id: 'a', value: { n: 1 } })
    await server.stop()
    await expectAllFail(storage, /./)
    const { message } = await complaintOf(storage.check())
    expect(message).toStartWith(`Cannot use the Postgres database test_1 at 127.0.0.1:${server.port}: `)
    expect(message).toEndWith('; look whether the server runs, and whether this machine reaches it')
    await server.start()
    await waitUntilBack(storage)
    for (const [name, ask] of Object.entries(verbsOf(storage))) {
      // What came before took or made the row.
      if (name !== 'createMany') await ask()
    }
  }))

test('many callers while the server is stopped all fail in time, and none is left waiting', () =>
  withStorage(url, async (storage, records) => {
    await records.find('a')
    await server.stop()
    const asked = Array.from({ length: 200 }, () => complaintOf(records.find('a')))
    expect(await Promise.all(asked)).toHaveLength(200)
    await server.start()
    await waitUntilBack(storage)
    await Promise.all(Array.from({ length: 200 }, () => records.find('a')))
  }))

test('while the server answers nobody every verb fails in time, and after that all work', () =>
  withStorage(
    url,
    async (storage, records) => {
      await records.find('a')
      server.pause()
      try {
        await expectAllFail(storage, inTime)
        const asked = Array.from({ length: 50 }, () => complaintOf(records.find('a')))
        for (const complaint of await Promise.all(asked)) expect(complaint.message).toMatch(inTime)
      } finally {
        server.resume()
      }
      await waitUntilBack(storage)
    },
    shortTimes,
  ))

test('a server that is away at the start is named, without the password', async () => {
  await server.stop()
  const { message } = await complaintOf(open(url))
  await server.start()
  expect(message).toBe(
    `Cannot use the Postgres database test_1 at 127.0.0.1:${server.port}: connect ECONNREFUSED 127.0.0.1:${server.port}; look whether the server runs, and whether this machine reaches it`,
  )
})

test.each([
  ['closes every connection at once', (socket: { end(): void }) => socket.end(), /./],
  ['never says a word', () => {}, inTime],
])('something that listens and %s is told from a server in time', async (_, answer, wanted) => {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { open: answer, data() {} } })
  try {
    const { message } = await complaintOf(
      open(`postgres://me:hunter2@127.0.0.1:${listener.port}/d`, shortTimes),
    )
    expect(message).toMatch(wanted)
    expect(message).toContain(`the Postgres database d at 127.0.0.1:${listener.port}: `)
  } finally {
    listener.stop(true)
  }
})

test('after a connection broke in a transaction, nothing of it is done, not even on another connection', () =>
  withStorage(url, async (storage, records) => {
    await storage.of('acme').deleteAll({ except: [] })
    let attempts = 0
    const failing = storage.transaction(async (store) => {
      attempts++
      const inside = store.of('acme').of(numbers)
      await inside.create({ id: 'before', value: { n: 1 } })
      await server.restart()
      await complaintOf(inside.create({ id: 'after', value: { n: 1 } }))
      // Somebody else connects again in the meantime.
      await waitUntilBack(storage)
      await complaintOf(inside.create({ id: 'later', value: { n: 1 } }))
    })
    await complaintOf(failing)
    expect(attempts).toBe(1)
    expect(await records.list({ limit: 9 })).toEqual([])
  }))

test('a transaction whose connection broke while it did something else fails', () =>
  withStorage(url, async (storage, records) => {
    const failing = storage.transaction(async (store) => {
      await store
        .of('acme')
        .of(numbers)
        .create({ id: 'lost', value: { n: 1 } })
      await server.kill()
      await server.start()
    })
    const { message } = await complaintOf(failing)
    expect(message).toContain('the connection was lost; it is not known whether a write was done')
    await waitUntilBack(storage)
    expect(await records.find('lost')).toBe(undefined)
  }))

test('through crash after crash, what was acknowledged is there, and transactions are whole', () =>
  withStorage(url, async (storage, records) => {
    const known = new Set<string>()
    let isOver = false
    let failures = 0
    const write = async (worker: number) => {
      for (let turn = 0; !isOver; turn++) {
        const [one, two] = [`${worker}-${turn}-one`, `${worker}-${turn}-two`]
        const both = storage.transaction(async (store) => {
          await store
            .of('acme')
            .of(numbers)
            .create({ id: one, value: { n: turn } })
          await store
            .of('acme')
            .of(numbers)
            .create({ id: two, value: { n: turn } })
        })
        const alone = records.create({ id: `${one}-alone`, value: { n: turn } })
        const outcomes = await Promise.allSettled([both, alone])
        if (outcomes[0].status === 'fulfilled') known.add(one)
        if (outcomes[1].status === 'fulfilled') known.add(`${one}-alone`)
        const failed = outcomes.filter(({ status }) => status === 'rejected')
        failures += failed.length
        // A server that is down answers at once; the others have to get on meanwhile.
        if (failed.length > 0) await waitUntilBack(storage)
      }
    }
    const workers = Array.from({ length: 10 }, (_, worker) => write(worker))
    for (let crash = 0; crash < 4; crash++) {
      const before = known.size
      await waitFor('some more is written', () => known.size >= before + 20)
      const failed = failures
      await server.kill()
      await waitFor('some more has failed', () => failures > failed)
      await server.start()
    }
    await waitUntilBack(storage)
    isOver = true
    await Promise.all(workers)
    expect(failures).toBeGreaterThan(0)
    expect(known.size).toBeGreaterThan(20)
    const ids = new Set((await records.list({ limit: 100_000 })).map(({ id }) => id))
    expect([...known].filter((id) => !ids.has(id))).toEqual([])
    const halves = [...ids].filter((id) => id.endsWith('-one') && !ids.has(id.replace(/one$/, 'two')))
    expect(halves).toEqual([])
  }))
