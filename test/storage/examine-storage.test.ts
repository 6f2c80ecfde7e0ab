import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { examineStorage } from '../../src/storage/examine-storage.ts'
import { openStorage } from '../../src/storage/open.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { complaintOf, open } from '../support/postgres-storage.ts'
import { longTimes } from '../support/postgres-times.ts'
import { platform } from '../support/test-app.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-examine-'))
})
afterAll(() => rm(folder, { recursive: true }))

const sqlite = (path: string) => examineStorage({ kind: 'sqlite', path }, platform)
const postgres = (url: string) => examineStorage({ kind: 'postgres', url, ...longTimes }, platform)

test('SQLite: a file that is not there is not made, and its schema is read while a server has it open', async () => {
  const path = join(folder, 'new', 'grantd.db')
  expect(await sqlite(path)).toMatchObject({ kind: 'sqlite', schema: null, latency: null })
  expect(await Bun.file(path).exists()).toBe(false)
  const storage = await openStorage({ kind: 'sqlite', path }, platform)
  const found = await sqlite(path)
  expect(found).toMatchObject({ schema: found.known, latency: expect.any(Number), clock: null })
  await storage.close()
  await rm(path)
  expect((await complaintOf(sqlite(path))).message).toContain('is missing, though it was there once')
})

test('SQLite: a folder that cannot be made, and a file that cannot be written, are refused as at a start', async () => {
  await Bun.write(join(folder, 'file'), '')
  await symlink(join(folder, 'nowhere'), join(folder, 'dangling'))
  const empty = join(folder, 'empty.db')
  await Bun.write(empty, '')
  const below = (...names: string[]) => join(folder, ...names, 'grantd.db')
  for (const [path, words] of [
    [below('file'), 'file is a file'],
    [below('file', 'deeper'), 'file is a file'],
    [below('dangling'), 'dangling leads nowhere'],
    [below('dangling', 'deeper'), 'dangling leads nowhere'],
    [empty, 'is empty: it was cut off; restore it from a backup'],
  ] as const) {
    expect((await complaintOf(sqlite(path))).message).toContain(words)
    await expect(openStorage({ kind: 'sqlite', path }, platform)).rejects.toThrow(path)
  }
  const path = below('written')
  await (await openStorage({ kind: 'sqlite', path }, platform)).close()
  // As root, who may write everything.
  const files = (locked: string) => ({ ...platform.files, mayWrite: async (at: string) => at !== locked })
  const examine = (at: string, locked: string) =>
    complaintOf(examineStorage({ kind: 'sqlite', path: at }, { ...platform, files: files(locked) }))
  for (const locked of [path, join(folder, 'written')])
    expect((await examine(path, locked)).message).toContain(
      `this user may not write ${locked}; give this user`,
    )
  expect((await examine(below('later', 'deeper'), folder)).message).toContain(
    `this user may not write into ${folder};`,
  )
})

test('SQLite: an older schema stays as it is, and a file of another program is refused', async () => {
  const path = join(folder, 'old.db')
  const storage = await openStorage({ kind: 'sqlite', path }, platform)
  await storage.close()
  const connection = platform.sqlite.open(path)
  connection.execute('delete from grantd_schema where version > 1')
  expect(await sqlite(path)).toMatchObject({ schema: 1, known: 2 })
  expect(await sqlite(path)).toMatchObject({ schema: 1 })
  connection.execute('pragma application_id = 7')
  connection.close()
  expect((await complaintOf(sqlite(path))).message).toContain('belongs to another program')
})

test('Postgres: an empty database stays empty, and a primary tells its schema, its clock and how long it takes', async () => {
  const server = await sharedPostgres()
  const url = await server.createDatabase()
  expect(await postgres(url)).toMatchObject({ kind: 'postgres', schema: null })
  expect(await server.run(url, "select to_regclass('grantd_schema')::text as name")).toEqual([{ name: null }])
  await (await open(url)).close()
  const found = await postgres(url)
  expect(found.schema).toBe(found.known)
  const { at = 0, askedAt = 0, answeredAt = 0 } = found.clock ?? {}
  expect(at).toBeGreaterThan(askedAt - 60_000)
  expect(at).toBeLessThan(answeredAt + 60_000)
  expect(found.place).not.toContain('hunter2')
}, 60_000)

test('Postgres: one that only reads is refused, and so is one that is away', async () => {
  const server = await sharedPostgres()
  const url = await server.createDatabase()
  await server.run(
    url,
    `alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`,
  )
  expect((await complaintOf(postgres(url))).message).toContain('only reads')
  const away = await complaintOf(postgres('postgres://user:hunter2-secret@127.0.0.1:1/grantd'))
  expect(away.message).not.toContain('hunter2')
}, 60_000)
