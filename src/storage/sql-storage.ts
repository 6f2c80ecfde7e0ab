import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { commaSeparated, type Sql, type SqlDatabase, type SqlRow, sql } from './sql.ts'
import {
  isStorableId,
  type ListOptions,
  type NewRecord,
  type RecordKind,
  type Records,
  type Storage,
  StorageError,
  type StoredRecord,
  type TenantStorage,
} from './storage.ts'

/** Storage over any SqlDatabase that has the table of migrations/. */
export class SqlStorage implements Storage {
  readonly #database: SqlDatabase

  constructor(database: SqlDatabase) {
    this.#database = database
  }

  get name() {
    return this.#database.name
  }

  of(tenantId: string): TenantStorage {
    const database = this.#database
    const allBut = (except: readonly string[]) => {
      const kept = commaSeparated(['', ...except].map((kind) => sql`${kind}`))
      return sql`from grantd_records where tenant = ${tenantId} and kind not in (${kept})`
    }
    return {
      of: (kind) => new SqlRecords(database, { tenantId, kind }),
      async hasRows({ except }) {
        return (await database.read(sql`select 1 as one ${allBut(except)} limit 1`)).length > 0
      },
      async deleteAll({ except }) {
        await database.write(sql`delete ${allBut(except)}`)
      },
    }
  }

  transaction<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
    return this.#database.transaction((database) => work(new SqlStorage(database)))
  }

  async deleteExpired(before: number, limit: number): Promise<number> {
    const rows = await this.#database.write(
      sql`delete from grantd_records where (tenant, kind, id) in (
            select tenant, kind, id from grantd_records where expires_at <= ${before}
            order by expires_at, tenant, kind, id limit ${limit}
          ) returning 1 as one`,
    )
    return rows.length
  }

  tidy(): Promise<void> {
    return this.#database.tidy()
  }

  async check(): Promise<void> {
    await this.#database.read(sql`select 1 as one from grantd_records where tenant = ${''} and kind = ${''}`)
  }

  close(): Promise<void> {
    return this.#database.close()
  }
}

const columns: Sql = sql`id, value, version, expires_at, used_at, parent`

class SqlRecords<S extends TSchema> implements Records<S['static']> {
  readonly #database: SqlDatabase
  readonly #tenantId: string
  readonly #kind: RecordKind<S>
  /** The condition that every statement has. */
  readonly #mine: Sql

  constructor(database: SqlDatabase, { tenantId, kind }: { tenantId: string; kind: RecordKind<S> }) {
    this.#database = database
    this.#tenantId = tenantId
    this.#kind = kind
    this.#mine = sql`tenant = ${tenantId} and kind = ${kind.name}`
  }

  async find(id: string): Promise<StoredRecord<S['static']> | undefined> {
    if (!isStorableId(id)) return undefined
    const [row] = await this.#database.read(
      sql`select ${columns} from grantd_records where ${this.#mine} and id = ${id}`,
    )
    return row && this.#parse(row)
  }

  async findMany(ids: readonly string[]): Promise<StoredRecord<S['static']>[]> {
    const storable = ids.filter(isStorableId)
    if (storable.length === 0) return []
    const wanted = commaSeparated(storable.map((id) => sql`${id}`))
    const rows = await this.#database.read(
      sql`select ${columns} from grantd_records where ${this.#mine} and id in (${wanted})`,
    )
    return rows.map((row) => this.#parse(row))
  }

  async list({ after = '', limit, parent }: ListOptions): Promise<StoredRecord<S['static']>[]> {
    if (!isStorableId(after)) return []
    const ofParent = parent === undefined ? sql`` : sql` and parent = ${parent}`
    const rows = await this.#database.read(
      sql`select ${columns} from grantd_records where ${this.#mine} and id > ${after}${ofParent}
          order by id limit ${limit}`,
    )
    return rows.map((row) => this.#parse(row))
  }

  async create(record: NewRecord<S['static']>): Promise<boolean> {
    const rows = await this.#database.write(
      sql`insert into grantd_records (tenant, kind, ${columns}) values ${this.#values(record)}
          on conflict do nothing returning 1 as one`,
    )
    return rows.length === 1
  }

  async createMany(records: readonly NewRecord<S['static']>[]): Promise<void> {
    if (records.length === 0) return
    const values = commaSeparated(records.map((record) => this.#values(record)))
    await this.#database.write(sql`insert into grantd_records (tenant, kind, ${columns}) values ${values}`)
  }

  #values({ id, value, expiresAt = null, parent = null }: NewRecord<S['static']>): Sql {
    if (!isStorableId(id)) throw new TypeError(`No store can keep the id ${JSON.stringify(id)} as given`)
    return sql`(${this.#tenantId}, ${this.#kind.name}, ${id}, ${JSON.stringify(value)}, 1, ${expiresAt}, ${null}, ${parent})`
  }

  async replace(
    id: string,
    value: S['static'],
    { ifVersion, expiresAt }: { readonly ifVersion: number; readonly expiresAt?: number | null },
  ): Promise<boolean> {
    if (!isStorableId(id)) return false
    const expiry = expiresAt === undefined ? sql`` : sql`, expires_at = ${expiresAt}`
    const rows = await this.#database.write(
      sql`update grantd_records set value = ${JSON.stringify(value)}, version = version + 1${expiry}
          where ${this.#mine} and id = ${id} and version = ${ifVersion} returning 1 as one`,
    )
    return rows.length === 1
  }

  async delete(id: string, { ifVersion }: { readonly ifVersion?: number } = {}): Promise<boolean> {
    if (!isStorableId(id)) return false
    const inVersion = ifVersion === undefined ? sql`` : sql` and version = ${ifVersion}`
    const rows = await this.#database.write(
      sql`delete from grantd_records where ${this.#mine} and id = ${id}${inVersion} returning 1 as one`,
    )
    return rows.length === 1
  }

  async consume(id: string, at: number) {
    if (!isStorableId(id)) return undefined
    const [used] = await this.#database.write(
      sql`update grantd_records set used_at = ${at}
          where ${this.#mine} and id = ${id} and used_at is null returning ${columns}`,
    )
    const found = used ? this.#parse(used) : await this.find(id)
    return found && { value: found.value, first: used !== undefined }
  }

  async touch(id: string, at: number): Promise<boolean> {
    if (!isStorableId(id)) return false
    const rows = await this.#database.write(
      sql`update grantd_records set used_at = case when used_at > ${at} then used_at else ${at} end
          where ${this.#mine} and id = ${id} returning 1 as one`,
    )
    return rows.length === 1
  }

  #parse(row: SqlRow): StoredRecord<S['static']> {
    const { id, value, version, expires_at, used_at, parent } = row
    return {
      id: String(id),
      value: this.#parseValue(String(id), String(value)),
      version: Number(version),
      expiresAt: expires_at === null ? null : Number(expires_at),
      usedAt: used_at === null ? null : Number(used_at),
      parent: parent === null ? null : String(parent),
    }
  }

  #parseValue(id: string, text: string): S['static'] {
    const value: unknown = JSON.parse(text)
    if (Value.Check(this.#kind.schema, value)) return value
    throw new StorageError(
      `The row ${id} of kind ${this.#kind.name} in ${this.#database.name} is not what this grantd writes; restore it from a backup`,
    )
  }
}
