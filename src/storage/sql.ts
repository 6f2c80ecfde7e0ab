/** A statement without its values, because each database writes the places of the values in its own way. */
export interface Sql {
  /** The texts around the values. There is one more text than values. */
  readonly parts: readonly string[]
  readonly values: readonly SqlValue[]
}

export type SqlValue = string | number | null

export type SqlRow = Readonly<Record<string, SqlValue>>

/** The statement of a template literal. A value that is a statement becomes part of it. */
export function sql(strings: TemplateStringsArray, ...values: readonly (SqlValue | Sql)[]): Sql {
  const parts = [strings[0] ?? '']
  const flat: SqlValue[] = []
  const extend = (text: string) => parts.push((parts.pop() ?? '') + text)
  for (const [index, value] of values.entries()) {
    const next = strings[index + 1] ?? ''
    if (typeof value !== 'object' || value === null) {
      flat.push(value)
      parts.push(next)
      continue
    }
    extend(value.parts[0] ?? '')
    parts.push(...value.parts.slice(1))
    flat.push(...value.values)
    extend(next)
  }
  return { parts, values: flat }
}

/** Statements joined by commas. */
export function commaSeparated(statements: readonly Sql[]): Sql {
  const parts = ['']
  for (const [index, { parts: its }] of statements.entries()) {
    const before = parts.pop() ?? ''
    parts.push(`${before}${index === 0 ? '' : ', '}${its[0] ?? ''}`, ...its.slice(1))
  }
  return { parts, values: statements.flatMap(({ values }) => values) }
}

/** Renders the parts of statements to text, once for each statement. */
export function createTexts(
  render: (parts: readonly string[]) => string,
): (parts: readonly string[]) => string {
  const texts = new WeakMap<readonly string[], string>()
  return (parts) => {
    const known = texts.get(parts)
    if (known !== undefined) return known
    const text = render(parts)
    texts.set(parts, text)
    return text
  }
}

/** A new row of grantd_records, with version 1 and never used. */
export interface NewRow {
  readonly tenant: string
  readonly kind: string
  readonly id: string
  /** JSON. */
  readonly value: string
  readonly expires_at: number | null
  readonly parent: string | null
}

const { parts: insertParts } =
  sql`insert into grantd_records (tenant, kind, id, value, version, expires_at, used_at, parent)
      values (${''}, ${''}, ${''}, ${''}, 1, ${null}, null, ${null}) on conflict do nothing returning 1 as one`

/** {@link SqlDatabase.insert} by one statement. */
export async function insertOne(database: Pick<SqlDatabase, 'write'>, row: NewRow): Promise<boolean> {
  const { tenant, kind, id, value, expires_at, parent } = row
  const values = [tenant, kind, id, value, expires_at, parent]
  return (await database.write({ parts: insertParts, values })).length === 1
}

/** What a row becomes if it has this version. */
export interface SwappedRow {
  readonly tenant: string
  readonly kind: string
  readonly id: string
  /** JSON. */
  readonly value: string
  readonly ifVersion: number
  /** Undefined: it stays. */
  readonly expires_at: number | null | undefined
}

const { parts: swapParts } = sql`update grantd_records set value = ${''}, version = version + 1
      where tenant = ${''} and kind = ${''} and id = ${''} and version = ${0} returning 1 as one`
const { parts: swapWithExpiryParts } =
  sql`update grantd_records set value = ${''}, version = version + 1, expires_at = ${null}
      where tenant = ${''} and kind = ${''} and id = ${''} and version = ${0} returning 1 as one`

/** {@link SqlDatabase.swap} by one statement. */
export async function swapOne(database: Pick<SqlDatabase, 'write'>, row: SwappedRow): Promise<boolean> {
  const { tenant, kind, id, value, ifVersion, expires_at } = row
  const key = [tenant, kind, id, ifVersion]
  const statement =
    expires_at === undefined
      ? { parts: swapParts, values: [value, ...key] }
      : { parts: swapWithExpiryParts, values: [value, expires_at, ...key] }
  return (await database.write(statement)).length === 1
}

/** Rows by their ids, of which none is there twice. */
export interface WantedRows {
  readonly tenant: string
  readonly kind: string
  readonly ids: readonly string[]
}

/** The columns of a row whose tenant and kind are known. */
export const columns: Sql = sql`id, value, version, expires_at, used_at, parent`

/**
 * Statements that find 1 to 8 ids with one search for each id. With `id in (...)` SQLite takes 1.5 times as long, because it first sorts
 * the ids into a table.
 */
const findParts = [1, 2, 3, 4, 5, 6, 7, 8].map((count) => {
  const one = sql`select ${columns} from grantd_records where tenant = ${''} and kind = ${''} and id = ${''}`
  return Array.from({ length: count }, () => one).reduce((all, each) => sql`${all} union all ${each}`).parts
})

/** {@link SqlDatabase.find} by one statement. */
export function findRows(
  database: Pick<SqlDatabase, 'read'>,
  { tenant, kind, ids }: WantedRows,
): Promise<SqlRow[]> {
  const parts = findParts[ids.length - 1]
  if (parts) return database.read({ parts, values: ids.flatMap((id) => [tenant, kind, id]) })
  const wanted = commaSeparated(ids.map((id) => sql`${id}`))
  return database.read(
    sql`select ${columns} from grantd_records where tenant = ${tenant} and kind = ${kind} and id in (${wanted})`,
  )
}

/** A database for SqlStorage. Throws StorageError. Integers come back as numbers. */
export interface SqlDatabase {
  readonly name: 'sqlite' | 'postgres'
  read(statement: Sql): Promise<SqlRow[]>
  /** Returns the rows that exist, in no order. There is at least one id. */
  find(rows: WantedRows): Promise<SqlRow[]>
  /** Resolves once the write is durable, or, inside a transaction, done. */
  write(statement: Sql): Promise<SqlRow[]>
  /** Like {@link write}. Returns false and changes nothing if there is a row with this id. */
  insert(row: NewRow): Promise<boolean>
  /** Like {@link write}. Replaces the value, and adds one to the version. Returns false and changes nothing unless the row has this version. */
  swap(row: SwappedRow): Promise<boolean>
  /** See Storage.transaction. */
  transaction<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T>
  /** See Storage.tidy. */
  tidy(): Promise<void>
  close(): Promise<void>
}
