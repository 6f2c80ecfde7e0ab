import { findRows, type Sql, type SqlRow, sql, type WantedRows } from '../sql.ts'
import { type Grouped, keyOf, StatementGroups } from './statement-groups.ts'

/** Statements at once. More would find fewer rows each. */
const mostGroups = 3

type Find = Grouped<WantedRows, SqlRow[]>

/**
 * Groups searches by key. Those that arrive while others are under way share the next statement, and so one round trip. Each sees all that
 * was committed before it was asked. A search does not wait if few are running.
 */
export class PostgresFinds {
  readonly #read: (statement: Sql) => Promise<SqlRow[]>
  readonly #groups = new StatementGroups<WantedRows, SqlRow[]>(mostGroups, (group) => this.#run(group))

  constructor(read: (statement: Sql) => Promise<SqlRow[]>) {
    this.#read = read
  }

  /** See SqlDatabase.find. */
  find(wanted: WantedRows): Promise<SqlRow[]> {
    return this.#groups.ask(wanted)
  }

  /** Resolves every search of the group; never rejects. */
  async #run(group: readonly Find[]): Promise<void> {
    const [first, ...others] = group
    if (!first) return
    if (others.length === 0) {
      return findRows({ read: this.#read }, first.wanted).then(first.resolve, first.reject)
    }
    try {
      const found = await this.#findAll(group)
      for (const { wanted, resolve } of group) {
        resolve(
          keysOf(wanted)
            .map((key) => found.get(keyOf(key)))
            .filter((row) => row !== undefined),
        )
      }
    } catch (cause) {
      for (const { reject } of group) reject(cause)
    }
  }

  async #findAll(group: readonly Find[]): Promise<Map<string, SqlRow>> {
    const keys = new Map(group.flatMap(({ wanted }) => keysOf(wanted)).map((key) => [keyOf(key), key]))
    // One text for any number of keys, prepared once by the server. `::text` comes first, because the driver would make JSON of the text.
    const rows = await this.#read(
      sql`select wanted.tenant, wanted.kind, wanted.id, value, version, expires_at, used_at, parent
          from json_to_recordset(${JSON.stringify([...keys.values()])}::text::json)
            as wanted (tenant text, kind text, id text)
          cross join lateral (
            select value, version, expires_at, used_at, parent from grantd_records
            where tenant = wanted.tenant and kind = wanted.kind and id = wanted.id limit 1) as found`,
    )
    return new Map(rows.map((row) => [keyOf(row), row]))
  }
}

function keysOf({ tenant, kind, ids }: WantedRows) {
  return ids.map((id) => ({ tenant, kind, id }))
}
