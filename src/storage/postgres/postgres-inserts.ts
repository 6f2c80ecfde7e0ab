import { insertOne, type NewRow, type Sql, type SqlRow, sql } from '../sql.ts'
import { type Grouped, inOrderOfKeys, isOfOneRow, keyOf, StatementGroups } from './statement-groups.ts'

/** Statements at once. More would have fewer rows each; with one, a late row would wait for two statements. */
const mostGroups = 2

type Insert = Grouped<NewRow, boolean>

/**
 * Groups inserts. Rows that arrive while others are being written share the next statement, and so one round trip and one wait for the
 * disk. Each row is acknowledged when it is committed. A row does not wait if no write is running.
 */
export class PostgresInserts {
  readonly #write: (statement: Sql) => Promise<SqlRow[]>
  readonly #groups = new StatementGroups<NewRow, boolean>(mostGroups, (group) => this.#run(group))

  constructor(write: (statement: Sql) => Promise<SqlRow[]>) {
    this.#write = write
  }

  /** See SqlDatabase.insert. */
  insert(row: NewRow): Promise<boolean> {
    return this.#groups.ask(row)
  }

  /** Resolves every insert of the group; never rejects. */
  async #run(group: readonly Insert[]): Promise<void> {
    const [first, ...others] = group
    if (!first) return
    if (others.length === 0) return this.#runAlone(first)
    try {
      const added = await this.#insertAll(group)
      for (const { wanted, resolve } of group) resolve(added.delete(keyOf(wanted)))
    } catch (cause) {
      // One bad row made the whole statement fail, so each row gets its own statement.
      if (isOfOneRow(cause)) await Promise.all(group.map((insert) => this.#runAlone(insert)))
      else for (const { reject } of group) reject(cause)
    }
  }

  async #runAlone({ wanted, resolve, reject }: Insert): Promise<void> {
    await insertOne({ write: this.#write }, wanted).then(resolve, reject)
  }

  /** The keys of the rows that were created. Of two rows with one key, one is created. */
  async #insertAll(group: readonly Insert[]): Promise<Set<string>> {
    const rows = inOrderOfKeys(group)
    // One text for any number of rows, prepared once by the server. `::text` comes first, because the driver would make JSON of the
    // text.
    const added = await this.#write(
      sql`insert into grantd_records (tenant, kind, id, value, version, expires_at, used_at, parent)
          select tenant, kind, id, value, 1, expires_at, null, parent
          from json_to_recordset(${JSON.stringify(rows)}::text::json)
            as new (tenant text, kind text, id text, value text, expires_at bigint, parent text)
          on conflict do nothing returning tenant, kind, id`,
    )
    return new Set(added.map(keyOf))
  }
}
