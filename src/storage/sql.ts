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

/** A database as SqlStorage needs it. Throws StorageError. Whole numbers come back as numbers. */
export interface SqlDatabase {
  readonly name: 'sqlite' | 'postgres'
  read(statement: Sql): Promise<SqlRow[]>
  /** Resolves once what was written is durable, or, inside a transaction, done. */
  write(statement: Sql): Promise<SqlRow[]>
  /** See Storage.transaction. */
  transaction<T>(work: (database: SqlDatabase) => Promise<T>): Promise<T>
  /** See Storage.tidy. */
  tidy(): Promise<void>
  close(): Promise<void>
}
