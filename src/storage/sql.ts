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
export async function insertOne({ write }: Pick<SqlDatabase, 'write'>, row: NewRow): Promise<boolean> {
  const { tenant, kind, id, value, expires_at, parent } = row
  const values = [tenant, kind, id, value, expires_at, parent]
  return (await write({ parts: insertParts, values })).length === 1
}

/** A database for SqlStorage. Throws StorageError. Integers come back as numbers. */
export interface SqlDatabase {
  readonly name: 'sqlite' | 'postgres'
  read(statement: Sql): Promise<SqlRow[]>
  /** Resolves once the write is durable, or, inside a transaction, done. */
  write(statement: Sql): Promise<SqlRow[]>
  /** Like {@link write}. Returns false and changes nothing if there is a row with this id. */
  insert(row: NewRow): Promise<boolean>
  /** See Storage.transaction. */
  transaction<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T>
  /** See Storage.tidy. */
  tidy(): Promise<void>
  close(): Promise<void>
}
