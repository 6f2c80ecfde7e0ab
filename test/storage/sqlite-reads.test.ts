import { expect, spyOn, test } from 'bun:test'
import { join } from 'node:path'
import { nodePlatform } from '../../src/platform/node/node-process.ts'
import type { SqliteConnection } from '../../src/platform/sqlite-connection.ts'
import { type SqlDatabase, sql } from '../../src/storage/sql.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const host = nodePlatform()
const one = sql`select 1 as one`
const broken = sql`select nothing from grantd_records`

/** A database, and what its reader is told besides statements with rows. */
async function withReader(work: (database: SqlDatabase, told: string[]) => Promise<void>): Promise<void> {
  await withTempFolder(async (folder) => {
    const opened: SqliteConnection[] = []
    const sqlite = {
      open(path: string) {
        const connection = host.sqlite.open(path)
        opened.push(connection)
        return connection
      },
    }
    const database = await openSqlite(join(folder, 'grantd.db'), { ...host, sqlite })
    const reader = opened.at(-1)
    if (!reader) throw new TypeError('Nothing was opened')
    const told: string[] = []
    const { execute } = reader
    spyOn(reader, 'execute').mockImplementation((text) => {
      told.push(text)
      execute(text)
    })
    try {
      await work(database, told)
    } finally {
      await database.close()
    }
  })
}

test('reads of one turn share one lock of the file', () =>
  withReader(async (database, told) => {
    const rows = await Promise.all([database.read(one), database.read(one), database.read(one)])
    expect(rows.map(([row]) => row?.['one'])).toEqual([1, 1, 1])
    expect(told).toEqual(['begin', 'commit'])
  }))

test('a read alone needs no transaction', () =>
  withReader(async (database, told) => {
    await database.read(one)
    await database.read(one)
    expect(told).toEqual([])
  }))

test('a read that fails takes no other along', () =>
  withReader(async (database) => {
    const outcomes = await Promise.allSettled([database.read(one), database.read(broken), database.read(one)])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await database.read(one)).toHaveLength(1)
  }))

test('what was written is seen by the reads that are asked afterwards, in whatever turn', () =>
  withReader(async (database) => {
    const count = sql`select count(*) as n from grantd_records`
    const row = { tenant: 'acme', kind: 'note', value: '{}', expires_at: null, parent: null }
    for (let n = 1; n <= 20; n++) {
      const early = database.read(count)
      await database.insert({ ...row, id: String(n) })
      const [late, again] = await Promise.all([database.read(count), database.read(count)])
      expect([late[0]?.['n'], again[0]?.['n']]).toEqual([n, n])
      expect(Number((await early)[0]?.['n'])).toBeGreaterThanOrEqual(n - 1)
    }
  }))

test('reads that wait while the database is closed are told so', () =>
  withReader(async (database) => {
    const asked = Promise.allSettled([database.read(one), database.read(one)])
    await database.close()
    for (const outcome of await asked)
      expect(outcome.status === 'rejected' ? String(outcome.reason) : 'read').toMatch(/read|is closed/)
    expect(String(await database.read(one).catch((cause: unknown) => cause))).toContain('is closed')
  }))

test('the reader holds no lock after a transaction that broke', () =>
  withReader(async (database, told) => {
    const outcomes = await Promise.allSettled([database.read(sql`commit`), database.read(one)])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(told).toEqual(['begin', 'commit', 'rollback'])
    expect(await Promise.all([database.read(one), database.read(one)])).toHaveLength(2)
  }))
