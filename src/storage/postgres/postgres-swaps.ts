import { type Sql, type SqlRow, type SwappedRow, sql, swapOne } from '../sql.ts'
import { type Grouped, inOrderOfKeys, isOfOneRow, keyOf, StatementGroups } from './statement-groups.ts'

/** Statements at once. More would have fewer rows each; with one, a late row would wait for two statements. */
const mostGroups = 2

type Swap = Grouped<SwappedRow, boolean>

/**
 * Groups replacements by version. Those that arrive while others are being written share the next statement, and so one round trip and one
 * wait for the disk. Each is acknowledged when it is committed. One does not wait if no write is running.
 */
export class PostgresSwaps {
  readonly #write: (statement: Sql) => Promise<SqlRow[]>
  readonly #groups = new StatementGroups<SwappedRow, boolean>(mostGroups, (group) => this.#run(group))

  constructor(write: (statement: Sql) => Promise<SqlRow[]>) {
    this.#write = write
  }

  /** See SqlDatabase.swap. */
  swap(row: SwappedRow): Promise<boolean> {
    return this.#groups.ask(row)
  }

  /** Settles every swap of the group; never rejects. */
  async #run(group: readonly Swap[]): Promise<void> {
    const [first, ...others] = group
    if (!first) return
    if (others.length === 0) return this.#runAlone(first)
    const { chosen, lost, later } = chooseOnePerRow(group)
    try {
      const swapped = await this.#swapAll(chosen)
      for (const { wanted, resolve } of chosen) resolve(swapped.has(keyOf(wanted)))
      // Whoever was chosen for this version has swapped it, or the row did not have it.
      for (const { resolve } of lost) resolve(false)
      for (const { wanted, resolve, reject } of later) this.swap(wanted).then(resolve, reject)
    } catch (cause) {
      // One bad value made the whole statement fail, so each row gets its own statement.
      if (isOfOneRow(cause)) await Promise.all(group.map((swap) => this.#runAlone(swap)))
      else for (const { reject } of group) reject(cause)
    }
  }

  async #runAlone({ wanted, resolve, reject }: Swap): Promise<void> {
    await swapOne({ write: this.#write }, wanted).then(resolve, reject)
  }

  /**
   * The keys of the rows that were swapped. Each row is looked up and locked in the order of the keys, and is then there until the end, so the
   * statement never inserts. It is no `update` with a join, because the server would choose the order of the locks, and a plan for a tiny table.
   */
  async #swapAll(chosen: readonly Swap[]): Promise<Set<string>> {
    const rows = inOrderOfKeys(chosen).map((row) => ({ ...row, keeps: row.expires_at === undefined }))
    const swapped = await this.#write(
      sql`insert into grantd_records (tenant, kind, id, value, version, expires_at)
          select new.tenant, new.kind, new.id, new.value, "ifVersion" + 1,
            case when keeps then found.expires_at else new.expires_at end
          from json_to_recordset(${JSON.stringify(rows)}::text::json)
            as new (tenant text, kind text, id text, value text, "ifVersion" bigint, expires_at bigint, keeps boolean)
          cross join lateral (
            select expires_at from grantd_records
            where tenant = new.tenant and kind = new.kind and id = new.id and version = "ifVersion"
            limit 1 for update) as found
          on conflict (tenant, kind, id) do update
            set value = excluded.value, version = excluded.version, expires_at = excluded.expires_at
          returning tenant, kind, id`,
    )
    return new Set(swapped.map(keyOf))
  }
}

/**
 * Parts a group, because a statement cannot change a row twice: the first swap of each row, those that want the same version of it, and those that
 * want another one.
 */
function chooseOnePerRow(group: readonly Swap[]) {
  const chosen = new Map<string, Swap>()
  const lost: Swap[] = []
  const later: Swap[] = []
  for (const swap of group) {
    const first = chosen.get(keyOf(swap.wanted))
    if (!first) chosen.set(keyOf(swap.wanted), swap)
    else (first.wanted.ifVersion === swap.wanted.ifVersion ? lost : later).push(swap)
  }
  return { chosen: [...chosen.values()], lost, later }
}
