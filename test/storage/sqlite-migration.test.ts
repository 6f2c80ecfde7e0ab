import { expect, test } from 'bun:test'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { nodePlatform } from '../../src/platform/node/node-process.ts'
import { migrations } from '../../src/storage/migrations.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import { revocations } from '../../src/tokens/revocation-row.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const host = nodePlatform()
const open = async (path: string) => new SqlStorage(await openSqlite(path, host))

type Row = readonly SQLOutputValue[]
const row = (tenant: string, kind: string, id: string, ...rest: Row): Row => [tenant, kind, id, ...rest]
const rows: readonly Row[] = [
  row('acme', 'audit', '0001', JSON.stringify({ events: 'x'.repeat(20_000) }), 1, 2e12, null, null),
  row('acme', 'client', 'svc', '{"active":true}', 3, null, 1_795_382_810_000, null),
  row('acme', 'client_secret', 'a', '{}', 1, null, null, 'svc'),
  row('acme', 'revocation', 'tenant', '{"before":5}', 1, null, null, null),
  row('beta', 'revocation', 'token:x', '{"before":7}', 1, 2e12, null, null),
]

/** A database as the first grantd made it, still open in the shell that is given back. */
async function makeOld(path: string): Promise<DatabaseSync> {
  await mkdir(dirname(path), { recursive: true })
  const shell = new DatabaseSync(path)
  shell.exec(`pragma application_id = ${0x67726e74}`)
  shell.exec('pragma journal_mode = wal')
  shell.exec('create table grantd_schema (version integer primary key, name text not null)')
  for (const text of migrations.sqlite[0]?.statements ?? []) shell.exec(text)
  shell.exec(`insert into grantd_schema values (1, 'records')`)
  const insert = shell.prepare('insert into grantd_records values (?, ?, ?, ?, ?, ?, ?, ?)')
  for (const each of rows) insert.run(...each)
  return shell
}

/** Runs `work` on a database of before, which a shell has open as well. */
function withOld(work: (path: string, shell: DatabaseSync) => Promise<void>): Promise<void> {
  return withTempFolder(async (folder) => {
    const path = join(folder, 'grantd.db')
    const shell = await makeOld(path)
    try {
      await work(path, shell)
    } finally {
      shell.close()
    }
  })
}

const readAll = (shell: DatabaseSync) =>
  shell
    .prepare('select * from grantd_records order by tenant, kind, id')
    .all()
    .map((each) => Object.values(each))

test('a database of the first schema is brought up to date with every row as it was', () =>
  withOld(async (path, shell) => {
    const storage = await open(path)
    expect(readAll(shell)).toEqual(rows.map((each) => [...each]))
    expect(shell.prepare('select version from grantd_schema').all().map(Object.values)).toEqual([[1], [2]])
    expect(namesIn(shell)).toEqual([
      'grantd_records',
      'grantd_records_expiry',
      'grantd_records_parent',
      'grantd_schema',
      'sqlite_autoindex_grantd_records_1',
    ])
    const found = storage.of('beta').of(revocations)
    expect(await found.create({ id: 'token:x', value: { before: 8 } })).toBe(false)
    expect((await found.find('token:x'))?.value).toEqual({ before: 7 })
    await storage.close()
  }))

test('a process of before that is still running goes on in it', () =>
  withOld(async (path, shell) => {
    const find = shell.prepare('select value from grantd_records where tenant = ? and kind = ? and id = ?')
    const insert = shell.prepare('insert into grantd_records values (?, ?, ?, ?, ?, ?, ?, ?)')
    expect(find.get('beta', 'revocation', 'token:x')).toBeDefined()
    const storage = await open(path)
    insert.run(...row('beta', 'revocation', 'token:y', '{"before":9}', 1, 2e12, null, null))
    expect(find.get('beta', 'revocation', 'token:x')).toBeDefined()
    expect((await storage.of('beta').of(revocations).find('token:y'))?.value).toEqual({ before: 9 })
    await storage.close()
  }))

test('several that open an old database at once bring it up to date once', () =>
  withOld(async (path, shell) => {
    const all = await Promise.all(Array.from({ length: 5 }, () => open(path)))
    expect(readAll(shell)).toHaveLength(rows.length)
    for (const storage of all) await storage.close()
  }))

test('a step that fails leaves everything as it was', () =>
  withOld(async (path, shell) => {
    shell.exec('create table grantd_records_1 (a integer)')
    expect(String(await open(path).catch((cause: unknown) => cause))).toContain(path)
    expect(readAll(shell)).toHaveLength(rows.length)
    expect(shell.prepare('select max(version) as version from grantd_schema').get()?.['version']).toBe(1)
    shell.exec('drop table grantd_records_1')
    await (await open(path)).close()
  }))

test('a search reads keys alone', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'grantd.db')
    await (await open(path)).close()
    const shell = new DatabaseSync(path)
    const table = shell.prepare(`select wr from pragma_table_list where name = 'grantd_records'`).get()
    expect(table).toEqual(Object.assign(Object.create(null), { wr: 0 }))
    shell.close()
  }))

function namesIn(shell: DatabaseSync): unknown[] {
  return shell
    .prepare('select name from sqlite_schema order by name')
    .all()
    .map(({ name }) => name)
}
