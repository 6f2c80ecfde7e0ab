/** A statement with its values apart: each database writes the places of the values its own way. */
export interface Sql {
  /** One more than there are values. */
  readonly parts: readonly string[]
  readonly values: readonly SqlValue[]
}

export type SqlValue = string | number | null

export type SqlRow = Readonly<Record<string, SqlValue>>

/** The statement of a template literal; a value that is a statement itself becomes part of it. */
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

/** Statements side by side, separated by commas. */
export function commaSeparated(statements: readonly Sql[]): Sql {
  const parts = ['']
  for (const [index, { parts: its }] of statements.entries()) {
    const before = parts.pop() ?? ''
    parts.push(`${before}${index === 0 ? '' : ', '}${its[0] ?? ''}`, ...its.slice(1))
  }
  return { parts, values: statements.flatMap(({ values }) => values) }
}

/** Renders the parts of statements to text, those of a statement that was met before without work. */
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

/** A new row of grantd_records: its version is 1, and nobody has used it. */
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

/** A database as SqlStorage needs it. Throws StorageError. Whole numbers come back as numbers. */
export interface SqlDatabase {
  readonly name: 'sqlite' | 'postgres'
  read(statement: Sql): Promise<SqlRow[]>
  /** Resolves once what was written is durable, or, inside a transaction, done. */
  write(statement: Sql): Promise<SqlRow[]>
  /** Like {@link write}; answers false, and changes nothing, when there is a row of this id. */
  insert(row: NewRow): Promise<boolean>
  /** See Storage.transaction. */
  transaction<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T>
  /** See Storage.tidy. */
  tidy(): Promise<void>
  close(): Promise<void>
}
