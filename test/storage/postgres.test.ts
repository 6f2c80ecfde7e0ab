import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { inspect } from 'node:util'
import { StorageRefusedError } from '../../src/storage/storage.ts'
import { postgresPassword, postgresUser, sharedPostgres } from '../support/postgres-server.ts'
import { complaintOf, numbers, open, placeOf, withStorage } from '../support/postgres-storage.ts'
import { settle, waitFor } from '../support/wait-for.ts'

setDefaultTimeout(60_000)

const newDatabase = async () => (await sharedPostgres()).createDatabase()
const run = async (url: string, statements: string) => (await sharedPostgres()).run(url, statements)

describe('what cannot be opened is named, with the next step and without the password:', () => {
  const wrong = 'hunter2-wrong'
  test.each([
    [
      'a wrong password',
      (url: string) => [url.replace(/:[^:@]*@/, `:${wrong}@`), {}] as const,
      `password authentication failed for user "${postgresUser}" (28P01); look at the user in the URL and at its password`,
    ],
    [
      'a wrong password of its own',
      (url: string) => [url, { password: wrong }] as const,
      `password authentication failed for user "${postgresUser}" (28P01); look at the user in the URL and at its password`,
    ],
    [
      'an unknown user',
      (url: string) => [url.replace(`//${postgresUser}`, '//who'), {}] as const,
      'password authentication failed for user "who" (28P01); look at the user in the URL and at its password',
    ],
    [
      'an unknown database',
      (url: string) => [url.replace(/[^/]*$/, 'missing'), {}] as const,
      'database "missing" does not exist (3D000); create the database, or name another one in the URL',
    ],
  ])('%s', async (_, change, fault) => {
    const [url, options] = change(await newDatabase())
    const refusal = await complaintOf(open(url, options))
    expect(refusal).toBeInstanceOf(StorageRefusedError)
    expect(refusal.message).toBe(`Cannot use ${placeOf(url)}: ${fault}`)
    const whole = inspect(refusal, { depth: 9, showHidden: true })
    for (const secret of [wrong, postgresPassword, encodeURIComponent(postgresPassword)])
      expect(whole).not.toContain(secret)
  })

  test('a host that nobody knows', async () => {
    const { message } = await complaintOf(open('postgres://me:hunter2@db.invalid/d?sslmode=disable'))
    expect(message).toStartWith('Cannot use the Postgres database d at db.invalid:5432: ')
    expect(message).toContain('; look at the name of the host in the URL')
  })
})

describe('limits', () => {
  test('a statement that waits too long for a row fails, and the connection serves the next one', async () => {
    const url = await newDatabase()
    await withStorage(url, (holder, records) =>
      withStorage(
        url,
        async (_, theirs) => {
          await records.create({ id: 'a', value: { n: 1 } })
          await holder.transaction(async (store) => {
            await store.of('acme').of(numbers).replace('a', { n: 2 }, { ifVersion: 1 })
            const { message } = await complaintOf(theirs.replace('a', { n: 3 }, { ifVersion: 1 }))
            expect(message).toBe(
              `Cannot use ${placeOf(url)}: canceling statement due to statement timeout (57014); look what keeps the server busy, or raise postgres.statement_timeout`,
            )
            expect((await theirs.find('a'))?.value).toEqual({ n: 1 })
          })
          expect((await theirs.find('a'))?.value).toEqual({ n: 2 })
        },
        { pool: 1, statementTimeoutMs: 1500 },
      ),
    )
  })

  test('where a pooler may drop the limit of the server, ours holds', async () => {
    const url = `${await newDatabase()}?prepare=false`
    await withStorage(
      url,
      async (holder, records) => {
        await records.create({ id: 'a', value: { n: 1 } })
        await holder.transaction(async (store) => {
          await store.of('acme').of(numbers).touch('a', 5)
          const { message } = await complaintOf(records.touch('a', 6))
          expect(message).toContain(': no answer within 2000 ms; ')
          expect((await records.find('a'))?.usedAt).toBe(null)
        })
      },
      { statementTimeoutMs: 1500 },
    )
  })

  test('who finds every connection in use is told so in time', async () => {
    const url = await newDatabase()
    await withStorage(
      url,
      async (storage, records) => {
        const held = Promise.withResolvers<void>()
        let holding = 0
        const holders = [1, 2].map(() =>
          storage.transaction(async (store) => {
            await store.of('acme').of(numbers).find('a')
            holding++
            await held.promise
          }),
        )
        await waitFor('both connections are in use', () => holding === 2)
        const complaints = await Promise.all([1, 2, 3].map(() => complaintOf(records.find('a'))))
        for (const { message } of complaints) {
          expect(message).toBe(
            `Cannot use ${placeOf(url)}: all 2 connections were in use for 2000 ms; look what keeps the server busy, or raise postgres.pool`,
          )
        }
        held.resolve()
        await Promise.all(holders)
        await Promise.all([1, 2, 3].map(() => records.find('a')))
      },
      { pool: 2, connectTimeoutMs: 2000 },
    )
  })

  test('no more connections are opened than the pool has', async () => {
    const url = await newDatabase()
    await withStorage(
      url,
      async (_, records) => {
        await Promise.all(Array.from({ length: 100 }, () => records.list({ limit: 1 })))
        const [row] = await run(
          url,
          `select count(*)::int as open from pg_stat_activity where datname = current_database() and application_name = 'grantd'`,
        )
        expect(row).toEqual({ open: 3 })
      },
      { pool: 3 },
    )
  })
})

describe('a transaction that collides', () => {
  test('is run again, and its first attempt leaves nothing', async () => {
    await withStorage(await newDatabase(), async (storage, records) => {
      await records.create({ id: 'a', value: { n: 0 } })
      let attempts = 0
      await storage.transaction(async (store) => {
        const inside = store.of('acme').of(numbers)
        await inside.create({ id: `attempt-${++attempts}`, value: { n: 0 } })
        const found = await inside.find('a')
        if (attempts === 1) await records.replace('a', { n: 10 }, { ifVersion: 1 })
        await inside.replace('a', { n: (found?.value.n ?? 0) + 1 }, { ifVersion: found?.version ?? 0 })
      })
      expect(attempts).toBe(2)
      expect((await records.find('a'))?.value).toEqual({ n: 11 })
      expect((await records.list({ limit: 9 })).map(({ id }) => id)).toEqual(['a', 'attempt-2'])
    })
  })

  test('each time is given up in the end, after more attempts than there are replicas', async () => {
    const url = await newDatabase()
    await withStorage(url, async (storage, records) => {
      await records.create({ id: 'a', value: { n: 0 } })
      let attempts = 0
      const failing = storage.transaction(async (store) => {
        const inside = store.of('acme').of(numbers)
        const found = await inside.find('a')
        await records.replace('a', { n: ++attempts }, { ifVersion: found?.version ?? 0 })
        // Not even who hides what the store said gets through.
        await inside.replace('a', { n: -1 }, { ifVersion: found?.version ?? 0 }).catch(() => {})
      })
      const { message } = await complaintOf(failing)
      expect(message).toBe(
        `Cannot use ${placeOf(url)}: could not serialize access due to concurrent update (40001); too many transactions want the same rows; try again`,
      )
      expect(attempts).toBe(44)
      expect((await records.find('a'))?.value).toEqual({ n: 44 })
    })
  })

  test('does not get through when it hides what the store refused', async () => {
    await withStorage(await newDatabase(), async (storage, records) => {
      await records.create({ id: 'a', value: { n: 0 } })
      const failing = storage.transaction(async (store) => {
        const inside = store.of('acme').of(numbers)
        await inside.create({ id: 'b', value: { n: 0 } })
        await inside.createMany([{ id: 'a', value: { n: 0 } }]).catch(() => {})
      })
      expect((await complaintOf(failing)).message).toContain('a row of this id is there already')
      expect(await records.find('b')).toBe(undefined)
    })
  })

  test('is over when its work is, whoever still holds its store', async () => {
    await withStorage(await newDatabase(), async (storage, records) => {
      const kept = await storage.transaction(async (store) => store.of('acme').of(numbers))
      await complaintOf(kept.create({ id: 'a', value: { n: 0 } }))
      expect(await records.find('a')).toBe(undefined)
    })
  })
})

test('a server that only reads is named, and left for the one that writes', async () => {
  const url = await newDatabase()
  await withStorage(url, async (_, records) => {
    await records.find('a')
    const name = new URL(url).pathname.slice(1)
    await run(url, `alter database ${name} set default_transaction_read_only = on`)
    await run(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and application_name = 'grantd'`,
    )
    // The end of the old connection may be heard of first.
    const message = await waitFor('a new connection is used', async () => {
      const complaint = await complaintOf(records.create({ id: 'a', value: { n: 1 } }))
      return !/lost|terminat/.test(complaint.message) && complaint.message
    })
    expect(message).toBe(
      `Cannot use ${placeOf(url)}: the server only reads; name the server that takes writes in the URL, or all of them with commas between them`,
    )
    await run(url, `begin read write; alter database ${name} set default_transaction_read_only = off; commit`)
    expect(await records.create({ id: 'a', value: { n: 1 } })).toBe(true)
  })
})

test('what the store says of a row that is taken holds nothing of its value', async () => {
  await withStorage(await newDatabase(), async (_, records) => {
    await records.create({ id: 'a', value: { n: 424_242 } })
    const complaint = await complaintOf(records.createMany([{ id: 'a', value: { n: 434_343 } }]))
    expect(inspect(complaint, { depth: 9, showHidden: true })).not.toMatch(/424242|434343/)
  })
})

test('closing waits for what runs', async () => {
  const url = await newDatabase()
  const storage = await open(url)
  const begun = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const running = storage.transaction(async (store) => {
    begun.resolve()
    await gate.promise
    return store
      .of('acme')
      .of(numbers)
      .create({ id: 'a', value: { n: 1 } })
  })
  await begun.promise
  let isClosed = false
  const closing = storage.close().then(() => {
    isClosed = true
  })
  await settle()
  expect(isClosed).toBe(false)
  gate.resolve()
  await closing
  expect(await running).toBe(true)
  expect((await complaintOf(storage.check())).message).toBe(
    `Cannot use ${placeOf(url)}: it was closed; ask again once grantd has started again`,
  )
  expect(await run(url, 'select id from grantd_records')).toEqual([{ id: 'a' }])
})
