import { describe, expect, test } from 'bun:test'
import { copyFile, mkdir, readdir, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { nodePlatform } from '../../src/platform/node/node-process.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import {
  DamagedRowError,
  isDamaged,
  type Records,
  type Storage,
  StorageError,
  StorageRefusedError,
} from '../../src/storage/storage.ts'
import { revocations } from '../../src/tokens/revocation-row.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const host = nodePlatform()

async function withDatabase(work: (path: string) => Promise<void>): Promise<void> {
  await withTempFolder(async (folder) => {
    await work(join(folder, 'data', 'grantd.db'))
  })
}

async function open(path: string): Promise<Storage> {
  return new SqlStorage(await openSqlite(path, host))
}

/** A database with `rows` revocations in it, closed. */
async function make(path: string, rows = 1): Promise<void> {
  const storage = await open(path)
  const many = Array.from({ length: rows }, (_, n) => ({ id: `token:${n}`, value: { before: n } }))
  await storage.of('acme').of(revocations).createMany(many)
  await storage.close()
}

async function refusalOf(path: string): Promise<Error> {
  const error = await open(path).catch((cause: unknown) => cause)
  if (!(error instanceof StorageError)) throw new TypeError('The database was opened', { cause: error })
  return error
}

test('a new database is private, has a mark beside it, and nothing else is left in its folder', () =>
  withDatabase(async (path) => {
    await make(path)
    expect((await readdir(join(path, '..'))).toSorted()).toEqual([
      'grantd.db',
      'grantd.db.closed',
      'grantd.db.made',
    ])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700)
  }))

test('what was written is there after it is closed and opened again', () =>
  withDatabase(async (path) => {
    await make(path)
    const storage = await open(path)
    expect((await storage.of('acme').of(revocations).find('token:0'))?.value).toEqual({ before: 0 })
    await storage.close()
  }))

test('ten processes that open it for the first time at once end with one database', () =>
  withDatabase(async (path) => {
    const opened = await Promise.all(Array.from({ length: 10 }, () => open(path)))
    const created = await Promise.all(
      opened.map((storage) =>
        storage
          .of('a')
          .of(revocations)
          .create({ id: 'one', value: { before: 1 } }),
      ),
    )
    expect(created.filter(Boolean)).toHaveLength(1)
    await Promise.all(opened.map((storage) => storage.close()))
    expect((await readdir(join(path, '..'))).toSorted()).toEqual([
      'grantd.db',
      'grantd.db.closed',
      'grantd.db.made',
    ])
  }))

test('a database that is gone is refused, and no empty one takes its place', () =>
  withDatabase(async (path) => {
    await make(path)
    await rm(path)
    const error = await refusalOf(path)
    expect(error).toBeInstanceOf(StorageRefusedError)
    expect(error.message).toBe(
      `The database ${path} is missing, though it was there once; restore it from a backup, or remove ${path}.made to start with an empty one, in which nothing is revoked`,
    )
    expect((await readdir(join(path, '..'))).toSorted()).toEqual(['grantd.db.closed', 'grantd.db.made'])
  }))

test('a database that was cut to nothing is refused', () =>
  withDatabase(async (path) => {
    await make(path)
    await truncate(path, 0)
    const error = await refusalOf(path)
    expect(error).toBeInstanceOf(StorageRefusedError)
    expect(error.message).toBe(`The database ${path} is empty: it was cut off; restore it from a backup`)
    expect((await stat(path)).size).toBe(0)
  }))

test.each([100, 4096, 8192, 12_288])(
  'a database that was cut to %i bytes is refused and left as it is',
  (size) =>
    withDatabase(async (path) => {
      await make(path, 2000)
      await truncate(path, size)
      const error = await refusalOf(path)
      expect(error).toBeInstanceOf(StorageRefusedError)
      expect(error.message).toStartWith(`Cannot use the database ${path}: `)
      expect(error.message).toEndWith(
        '; restore it from a backup; grantd never puts an empty one in its place',
      )
      expect((await stat(path)).size).toBe(size)
    }),
)

test('a database that was written over while it was in use is refused at the next start, though its end was clean', () =>
  withDatabase(async (path) => {
    await make(path, 2000)
    const storage = await open(path)
    // All but the first page, so that it still looks like one of ours; nothing else is read before the end.
    const bytes = await Bun.file(path).bytes()
    await writeFile(path, bytes.fill(7, 4096))
    const row = { id: 'after', value: { before: 1 } }
    await storage
      .of('acme')
      .of(revocations)
      .create(row)
      .catch(() => {})
    await storage.close()
    const error = await refusalOf(path)
    expect(error).toBeInstanceOf(StorageRefusedError)
    expect(error.message).toStartWith(`Cannot use the database ${path}: `)
  }))

test('a file that is no database is refused and left as it is', () =>
  withDatabase(async (path) => {
    const text = 'this is the diary of somebody else\n'.repeat(200)
    await Bun.write(path, text)
    const error = await refusalOf(path)
    expect(error).toBeInstanceOf(StorageRefusedError)
    expect(error.message).toContain('file is not a database')
    expect(await Bun.file(path).text()).toBe(text)
  }))

test('the database of another program is refused and left as it is', () =>
  withDatabase(async (path) => {
    await mkdir(join(path, '..'))
    const other = new DatabaseSync(path)
    other.exec('create table notes (text text); pragma application_id = 42')
    other.close()
    const before = await Bun.file(path).bytes()
    const error = await refusalOf(path)
    expect(error).toBeInstanceOf(StorageRefusedError)
    expect(error.message).toBe(
      `The database ${path} belongs to another program (application_id 42); choose another data_dir`,
    )
    expect(await Bun.file(path).bytes()).toEqual(before)
  }))

test('a folder in its place is refused', () =>
  withDatabase(async (path) => {
    await mkdir(path, { recursive: true })
    const error = await refusalOf(path)
    expect(error.message).toBe(`The database ${path} is not a file; choose another data_dir`)
  }))

test('a newer schema is refused', () =>
  withDatabase(async (path) => {
    await make(path)
    const newer = new DatabaseSync(path)
    newer.exec("insert into grantd_schema (version, name) values (99, 'of tomorrow')")
    newer.close()
    const error = await refusalOf(path)
    expect(error).toBeInstanceOf(StorageRefusedError)
    expect(error.message).toContain('has schema 99, and this grantd knows 2: a newer grantd wrote it')
  }))

test('while another process holds the lock writes wait, then fail and change nothing, reads go on, and all is well after', () =>
  withDatabase(async (path) => {
    const storage = await open(path)
    const rows = storage.of('acme').of(revocations)
    await rows.create({ id: 'before', value: { before: 1 } })
    const other = new DatabaseSync(path)
    other.exec('begin immediate')
    const refused = Promise.allSettled([
      rows.create({ id: 'meanwhile', value: { before: 1 } }),
      storage.transaction((inside) =>
        inside
          .of('acme')
          .of(revocations)
          .create({ id: 'too', value: { before: 1 } }),
      ),
    ])
    expect(await rows.find('before')).toBeDefined()
    for (const result of await refused) {
      expect(result.status).toBe('rejected')
      const reason: unknown = result.status === 'rejected' ? result.reason : undefined
      expect(reason).toBeInstanceOf(StorageError)
      expect(String(reason)).toContain('database is locked; another process holds it for longer than it may')
    }
    other.exec('rollback')
    other.close()
    expect(await rows.findMany(['meanwhile', 'too'])).toEqual([])
    expect(await rows.create({ id: 'after', value: { before: 1 } })).toBe(true)
    await storage.close()
  }))

test('a write that another process holds up for a moment is done', () =>
  withDatabase(async (path) => {
    const waits = Promise.withResolvers<void>()
    const after: typeof host.after = (milliseconds, callback) => {
      waits.resolve()
      return host.after(milliseconds, callback)
    }
    const storage = new SqlStorage(await openSqlite(path, { ...host, after }))
    const other = new DatabaseSync(path)
    other.exec('begin immediate')
    const writing = storage
      .of('acme')
      .of(revocations)
      .create({ id: 'a', value: { before: 1 } })
    await waits.promise
    other.exec('commit')
    other.close()
    expect(await writing).toBe(true)
    await storage.close()
  }))

test('one write of a group that breaks a rule takes no other with it', () =>
  withDatabase(async (path) => {
    const storage = await open(path)
    const rows = storage.of('acme').of(revocations)
    await rows.create({ id: 'taken', value: { before: 1 } })
    const results = await Promise.allSettled([
      rows.create({ id: 'a', value: { before: 1 } }),
      rows.createMany([
        { id: 'b', value: { before: 1 } },
        { id: 'taken', value: { before: 2 } },
      ]),
      rows.create({ id: 'c', value: { before: 1 } }),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await rows.list({ limit: 10 })).map(({ id }) => id)).toEqual(['a', 'c', 'taken'])
    await storage.close()
  }))

describe('a database that is replaced or removed while it is in use', () => {
  const lost = (path: string) =>
    `The database ${path} was replaced or removed while it is in use; stop grantd, put the file back and start it again`
  const beside = (path: string) =>
    `A file beside the database ${path} was removed while it is in use (-wal or -shm); stop grantd, which brings what it has into the database, and start it again`
  const copyOver = async (path: string) => {
    await copyFile(path, `${path}.copy`)
    await rename(`${path}.copy`, path)
  }
  const cases: [string, (path: string) => Promise<void>, (path: string) => string][] = [
    ['removed', (path) => rm(path), lost],
    ['replaced by a copy of itself', copyOver, lost],
    ['taken aside with its folder', (path) => rename(join(path, '..'), join(path, '../../aside')), lost],
    ['without its -wal', (path) => rm(`${path}-wal`), beside],
    ['without its -shm', (path) => rm(`${path}-shm`), beside],
    ['with another -wal', (path) => copyOver(`${path}-wal`), beside],
  ]
  type Rows = Records<{ before: number }>
  const writes: Record<string, (storage: Storage, rows: Rows) => Promise<unknown>> = {
    create: (_, rows) => rows.create({ id: 'after', value: { before: 1 } }),
    createMany: (_, rows) => rows.createMany([{ id: 'after', value: { before: 1 } }]),
    replace: (_, rows) => rows.replace('before', { before: 2 }, { ifVersion: 1 }),
    delete: (_, rows) => rows.delete('before'),
    touch: (_, rows) => rows.touch('before', 1),
    transaction: (storage) =>
      storage.transaction((inside) =>
        inside
          .of('acme')
          .of(revocations)
          .create({ id: 'after', value: { before: 1 } }),
      ),
    deleteAll: (storage) => storage.of('acme').deleteAll({ except: [] }),
    deleteExpired: (storage) => storage.deleteExpired(1, 1),
    tidy: (storage) => storage.tidy(),
  }

  const messageOf = (work: Promise<unknown>) =>
    work.then(
      () => 'it was answered',
      (cause) => (cause instanceof StorageError ? cause.message : cause),
    )

  test.each(cases)('answers no write from then on, nor anything else: %s', (_, meddle, sentence) =>
    withDatabase(async (path) => {
      for (const [name, write] of Object.entries(writes)) {
        const mine = path.replace('grantd.db', `${name}.db`)
        const storage = await open(mine)
        const rows = storage.of('acme').of(revocations)
        await rows.create({ id: 'before', value: { before: 1 } })
        await meddle(mine)
        for (const next of [
          () => write(storage, rows),
          () => rows.find('before'),
          () => storage.check(),
          () => write(storage, rows),
        ])
          expect([name, await messageOf(next())]).toEqual([name, sentence(mine)])
        await storage.close()
        await rm(join(path, '../../aside'), { recursive: true, force: true })
      }
    }),
  )

  test.each(cases)('answers no read that is a moment later: %s', (_, meddle, sentence) =>
    withDatabase(async (path) => {
      let time = 0
      const storage = new SqlStorage(await openSqlite(path, { ...host, monotonic: () => time }))
      const rows = storage.of('acme').of(revocations)
      await rows.create({ id: 'before', value: { before: 1 } })
      await meddle(path)
      time += 49
      expect((await rows.find('before'))?.value).toEqual({ before: 1 })
      time += 1
      for (const read of [rows.find('before'), rows.list({ limit: 1 }), storage.check()])
        expect(await messageOf(read)).toBe(sentence(path))
      await storage.close()
    }),
  )

  test('what was committed before the -wal was removed is in the database once grantd has stopped', () =>
    withDatabase(async (path) => {
      const storage = await open(path)
      await storage
        .of('acme')
        .of(revocations)
        .create({ id: 'before', value: { before: 1 } })
      await rm(`${path}-wal`)
      expect(await messageOf(storage.tidy())).toBe(beside(path))
      await storage.close()
      const again = await open(path)
      expect(await again.of('acme').of(revocations).find('before')).toBeDefined()
      await again.close()
    }))

  test('a second process that comes and goes is no reason', () =>
    withDatabase(async (path) => {
      const [storage, second] = [await open(path), await open(path)]
      await second
        .of('acme')
        .of(revocations)
        .create({ id: 'of the second', value: { before: 1 } })
      await second.close()
      const shell = new DatabaseSync(path)
      shell.exec('vacuum')
      shell.exec('pragma wal_checkpoint(truncate)')
      shell.close()
      await storage
        .of('acme')
        .of(revocations)
        .create({ id: 'of the first', value: { before: 1 } })
      await storage.tidy()
      expect(await storage.of('acme').of(revocations).list({ limit: 9 })).toHaveLength(2)
      await storage.close()
    }))
})

test('tidying moves what was written from the -wal into the database itself, also while somebody writes', () =>
  withDatabase(async (path) => {
    const storage = await open(path)
    const rows = storage.of('acme').of(revocations)
    await rows.create({ id: 'one', value: { before: 1 } })
    await storage.tidy()
    const other = new DatabaseSync(path)
    other.exec('begin immediate')
    await storage.tidy()
    other.exec('rollback')
    other.close()
    // What a machine would have that lost the -wal at this moment.
    const alone = `${path}.alone`
    await copyFile(path, alone)
    const found = new DatabaseSync(alone)
    expect(found.prepare('select id from grantd_records').all()).toEqual([{ id: 'one' }])
    found.close()
    await storage.close()
  }))

test('what a start left that was killed long ago is removed, and what may be of one that runs is not', () =>
  withDatabase(async (path) => {
    const folder = join(path, '..')
    await mkdir(folder)
    const old = ['', '-journal', '-wal', '-shm'].map((end) => `.grantd.db.0123456789abcdef.tmp${end}`)
    const kept = ['.grantd.db.fedcba9876543210.tmp', '.grantd.db.fedcba9876543210.tmp-journal']
    const foreign = [
      '.other.db.0123456789abcdef.tmp',
      '.grantd.db.notes.tmp',
      'grantd.db.0123456789abcdef.tmp',
    ]
    const longAgo = Date.now() / 1000 - 3700
    for (const name of [
      ...old,
      ...kept,
      ...foreign,
      '.grantd.db.made.0123456789abcdef.tmp',
      '.grantd.db.closed.0123456789abcdef.tmp',
    ]) {
      await Bun.write(join(folder, name), 'x')
      if (!kept.includes(name)) await utimes(join(folder, name), longAgo, longAgo)
    }
    await make(path)
    expect((await readdir(folder)).toSorted()).toEqual(
      [...kept, ...foreign, 'grantd.db', 'grantd.db.closed', 'grantd.db.made'].toSorted(),
    )
  }))

test.each(['version', 'expires_at', 'used_at'])(
  'a number of 64 bits in the column %s damages its own row alone',
  (column) =>
    withDatabase(async (path) => {
      await make(path, 3)
      const shell = new DatabaseSync(path)
      shell.exec(`update grantd_records set ${column} = 9007199254740993 where id = 'token:1'`)
      shell.close()
      const storage = await open(path)
      const rows = storage.of('acme').of(revocations)
      const listed = await rows.list({ limit: 9 })
      expect(listed.map((row) => [row.id, isDamaged(row)])).toEqual([
        ['token:0', false],
        ['token:1', true],
        ['token:2', false],
      ])
      expect((await rows.find('token:0'))?.version).toBe(1)
      const refused = await rows.find('token:1').catch((cause: unknown) => cause)
      expect(refused).toBeInstanceOf(DamagedRowError)
      await storage.close()
    }),
)

test('a database that another process makes between two looks is there, and not lost', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'grantd.db')
    const { files } = host
    let looks = 0
    const facts = async (each: string) => {
      // The other process makes it after this one saw nothing.
      if (each === path && looks++ === 0) {
        const other = await openSqlite(path, host)
        await other.close()
        return undefined
      }
      return files.facts(each)
    }
    const database = await openSqlite(path, { ...host, files: { ...files, facts } })
    await database.close()
    expect(looks).toBeGreaterThan(1)
  }))
