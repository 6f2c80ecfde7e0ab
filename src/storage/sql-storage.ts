import type { TSchema } from '@sinclair/typebox'
import { parseNearRow, parseRow, parseRows, type RowsOf } from './parse-row.ts'
import {
  columns,
  commaSeparated,
  type Sql,
  type SqlDatabase,
  type SqlValue,
  sql,
  type WantedRows,
} from './sql.ts'
import {
  type Blank,
  isStorableId,
  type ListedRecord,
  type ListOptions,
  type NewRecord,
  type OnDamagedRow,
  type Records,
  type Storage,
  type StoredRecord,
  type TenantStorage,
} from './storage.ts'

/** Storage over any SqlDatabase that has the table of migrations.ts. */
export class SqlStorage implements Storage {
  readonly #database: SqlDatabase
  readonly #onDamaged: OnDamagedRow

  constructor(database: SqlDatabase, onDamaged: OnDamagedRow = () => {}) {
    this.#database = database
    this.#onDamaged = onDamaged
  }

  get name() {
    return this.#database.name
  }

  of(tenantId: string): TenantStorage {
    const database = this.#database
    const onDamaged = this.#onDamaged
    const allBut = (except: readonly string[]) => {
      const kept = commaSeparated(['', ...except].map((kind) => sql`${kind}`))
      return sql`from grantd_records where tenant = ${tenantId} and kind not in (${kept})`
    }
    return {
      of: (kind) => new SqlRecords(database, { tenantId, kind, onDamaged }),
      async hasRows({ except }) {
        return (await database.read(sql`select 1 as one ${allBut(except)} limit 1`)).length > 0
      },
      async deleteAll({ except }) {
        await database.write(sql`delete ${allBut(except)}`)
      },
    }
  }

  transaction<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
    return this.#database.transaction((database) => work(new SqlStorage(database, this.#onDamaged)))
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

  async findLastExpiry(before: number): Promise<number | undefined> {
    const [row] = await this.#database.read(
      sql`select expires_at from grantd_records where expires_at <= ${before} order by expires_at desc limit 1`,
    )
    return row && Number(row['expires_at'])
  }

  async readClock(): Promise<number | undefined> {
    if (this.name !== 'postgres') return undefined
    const [row] = await this.#database.read(
      sql`select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as time`,
    )
    return row && Number(row['time'])
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

/** The condition of statements about one row, made once. Each use adds its values in this order. */
const ofOne = sql`tenant = ${''} and kind = ${''} and id = ${''}`
/** The row with this id, or the one before it, or the first row if there is none before it. */
const { parts: findNearParts } = sql`
  select * from (select 0 as rank, ${columns} from grantd_records
    where tenant = ${''} and kind = ${''} and id <= ${''} order by id desc limit 1) as near
  union all
  select * from (select 1 as rank, ${columns} from grantd_records
    where tenant = ${''} and kind = ${''} order by id limit 1) as first`
const { parts: touchParts } =
  sql`update grantd_records set used_at = case when used_at > ${0} then used_at else ${0} end
      where ${ofOne} returning 1 as one`

const { parts: touchOrCreateParts } =
  sql`insert into grantd_records (tenant, kind, id, value, version, expires_at, used_at, parent)
      values (${''}, ${''}, ${''}, ${''}, 1, null, ${0}, ${null})
      on conflict (tenant, kind, id) do update set used_at =
        case when grantd_records.used_at > excluded.used_at then grantd_records.used_at else excluded.used_at end
      returning 1 as one`

/** The statement that creates `count` rows at once. Statements of common sizes are made once. */
function partsOfMany(count: number): readonly string[] {
  const known = manyParts.get(count)
  if (known) return known
  const row = sql`(${''}, ${''}, ${''}, ${''}, 1, ${null}, null, ${null})`
  const rows = commaSeparated(Array.from({ length: count }, () => row))
  const { parts } = sql`insert into grantd_records
    (tenant, kind, id, value, version, expires_at, used_at, parent) values ${rows}`
  if (count <= mostKeptRows) manyParts.set(count, parts)
  return parts
}

const mostKeptRows = 32
const manyParts = new Map<number, readonly string[]>()

class SqlRecords<S extends TSchema> implements Records<S['static']> {
  readonly #database: SqlDatabase
  readonly #of: RowsOf<S>

  constructor(database: SqlDatabase, of: RowsOf<S>) {
    this.#database = database
    this.#of = of
  }

  /** The condition for tenant and kind. */
  get #mine(): Sql {
    return sql`tenant = ${this.#of.tenantId} and kind = ${this.#of.kind.name}`
  }

  #keyOf(id: string): [tenant: string, kind: string, id: string] {
    return [this.#of.tenantId, this.#of.kind.name, id]
  }

  async find(id: string): Promise<StoredRecord<S['static']> | undefined> {
    if (!isStorableId(id)) return undefined
    const [row] = await this.#database.find(this.#wanted([id]))
    return row && parseRow(row, this.#of)
  }

  async findNear(id: string): Promise<StoredRecord<S['static']> | undefined> {
    if (!isStorableId(id)) return undefined
    const values = [...this.#keyOf(id), this.#of.tenantId, this.#of.kind.name]
    const rows = await this.#database.read({ parts: findNearParts, values })
    // The rows of a union have no order.
    const near = rows.find(({ rank }) => Number(rank) === 0) ?? rows[0]
    return near && parseNearRow(near, id, this.#of)
  }

  async findMany(ids: readonly string[]): Promise<StoredRecord<S['static']>[]> {
    const storable = [...new Set(ids.filter(isStorableId))]
    if (storable.length === 0) return []
    const rows = await this.#database.find(this.#wanted(storable))
    return rows.map((row) => parseRow(row, this.#of))
  }

  #wanted(ids: readonly string[]): WantedRows {
    return { tenant: this.#of.tenantId, kind: this.#of.kind.name, ids }
  }

  async list({ after = '', limit, parent }: ListOptions): Promise<ListedRecord<S['static']>[]> {
    if (!isStorableId(after)) return []
    const ofParent = parent === undefined ? sql`` : sql` and parent = ${parent}`
    const rows = await this.#database.read(
      sql`select ${columns} from grantd_records where ${this.#mine} and id > ${after}${ofParent}
          order by id limit ${limit}`,
    )
    return parseRows(rows, this.#of)
  }

  async create(record: NewRecord<S['static']>): Promise<boolean> {
    const { id, value, expiresAt = null, parent = null } = record
    checkId(id)
    const [tenant, kind] = [this.#of.tenantId, this.#of.kind.name]
    return this.#database.insert({
      tenant,
      kind,
      id,
      value: JSON.stringify(value),
      expires_at: expiresAt,
      parent,
    })
  }

  async createMany(records: readonly NewRecord<S['static']>[]): Promise<void> {
    if (records.length === 0) return
    const values = records.flatMap((record) => this.#valuesOf(record))
    await this.#database.write({ parts: partsOfMany(records.length), values })
  }

  #valuesOf(record: NewRecord<S['static']>): SqlValue[] {
    const { id, value, expiresAt = null, parent = null } = record
    checkId(id)
    return [this.#of.tenantId, this.#of.kind.name, id, JSON.stringify(value), expiresAt, parent]
  }

  async replace(
    id: string,
    value: S['static'],
    { ifVersion, expiresAt }: { readonly ifVersion: number; readonly expiresAt?: number | null },
  ): Promise<boolean> {
    if (!isStorableId(id)) return false
    const [tenant, kind] = [this.#of.tenantId, this.#of.kind.name]
    return this.#database.swap({
      tenant,
      kind,
      id,
      value: JSON.stringify(value),
      ifVersion,
      expires_at: expiresAt,
    })
  }

  async delete(id: string, { ifVersion }: { readonly ifVersion?: number } = {}): Promise<boolean> {
    if (!isStorableId(id)) return false
    const inVersion = ifVersion === undefined ? sql`` : sql` and version = ${ifVersion}`
    const rows = await this.#database.write(
      sql`delete from grantd_records where ${this.#mine} and id = ${id}${inVersion} returning 1 as one`,
    )
    return rows.length === 1
  }

  async touch(
    id: string,
    at: number,
    { orCreate }: { readonly orCreate?: Blank<S['static']> } = {},
  ): Promise<boolean> {
    if (orCreate) return this.#touchOrCreate(id, at, orCreate)
    if (!isStorableId(id)) return false
    const values = [at, at, ...this.#keyOf(id)]
    const rows = await this.#database.write({ parts: touchParts, values })
    return rows.length === 1
  }

  async #touchOrCreate(id: string, at: number, { value, parent }: Blank<S['static']>): Promise<boolean> {
    checkId(id)
    const values = [...this.#keyOf(id), JSON.stringify(value), at, parent]
    const rows = await this.#database.write({ parts: touchOrCreateParts, values })
    return rows.length === 1
  }
}

function checkId(id: string): void {
  if (!isStorableId(id)) throw new TypeError(`No store can keep the id ${JSON.stringify(id)} as given`)
}
