import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { openPostgres } from '../../src/storage/postgres/postgres.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { failingStorage, pausesOf } from '../support/failing-storage.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimes } from '../support/postgres-times.ts'
import { eventOf, marksOf, openTrail, verify } from './trail-kit.ts'

const sorted = (marks: readonly (string | undefined)[]) => [...marks].sort((a, b) => Number(a) - Number(b))

test('ten replicas that write to one trail at the same moment lose no event, and none when all of them end', async () => {
  const url = await (await sharedPostgres()).createDatabase()
  const open = async () => new SqlStorage(await openPostgres({ url, ...longTimes, pool: 2 }))
  const storages = await Promise.all(Array.from({ length: 10 }, open))
  try {
    const trails = storages.map((storage) => openTrail(storage))
    let recorded = 0
    const record = () => {
      for (const { audit } of trails) audit.record(eventOf(++recorded))
    }
    for (let round = 0; round < 3; round++) {
      record()
      await Promise.all(trails.map(({ audit }) => audit.flush()))
    }
    record()
    await Promise.all(trails.map(({ audit }) => audit.close()))
    expect(trails.map(({ audit }) => audit.state.failures)).toEqual(trails.map(() => 0))
    expect(trails.flatMap(({ log }) => log)).toEqual([])
    const [storage] = storages
    if (!storage) throw new TypeError('There is no storage')
    expect(sorted(await marksOf(storage))).toEqual(
      Array.from({ length: recorded }, (_, at) => String(at + 1)),
    )
    expect(await verify(storage)).toMatchObject({ complaints: [] })
  } finally {
    await Promise.all(storages.map((storage) => storage.close()))
  }
})

const tenants = Array.from({ length: 40 }, (_, number) => `t${number}`)

test('an event whose write was done and not answered is in the trail once, also one of the journal', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 10 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      async (ticks, fates, count) => {
        const storage = failingStorage(createMemoryStorage())
        const trails = Array.from({ length: count }, () => openTrail(storage))
        storage.pause = pausesOf(ticks)
        let call = 0
        storage.loses = (text) => text === 'transaction' && (fates[call++ % fates.length] ?? false)
        let recorded = 0
        const record = (tenant: string) => {
          for (const { audit } of trails) audit.record(eventOf(++recorded, { tenant }))
        }
        for (let round = 0; round < 4; round++) {
          for (let left = 5; left > 0; left--) record('acme')
          // Lone events of many tenants go to the journal.
          if (round % 2 === 0) for (const tenant of tenants) record(tenant)
          await Promise.all(trails.map(({ audit }) => audit.flush()))
        }
        storage.loses = undefined
        for (let round = 0; round < 2; round++) for (const { audit } of trails) await audit.flush()
        const marks: (string | undefined)[] = []
        for (const tenant of ['acme', ...tenants]) {
          for (const { audit } of trails) await audit.read(tenant, { limit: 1 })
          marks.push(...(await marksOf(storage, tenant)))
        }
        expect(sorted(marks)).toEqual(Array.from({ length: recorded }, (_, at) => String(at + 1)))
        expect(await verify(storage)).toMatchObject({ complaints: [] })
      },
    ),
    { numRuns: 60 },
  ))
