import { Database } from 'bun:sqlite'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { measureTree } from '../measure/processes.ts'

/** What the server holds at one moment. */
export interface Sample {
  /** Minutes since the start. */
  readonly minute: number
  /** MB (10^6 bytes), of all processes. */
  readonly rss: number
  /** MB of the file of the database. */
  readonly database: number
  /** MB of its journal, the -wal. */
  readonly journal: number
  readonly descriptors: number
}

export async function takeSample(pid: number, folder: string, minute: number): Promise<Sample> {
  const { rss } = await measureTree(pid)
  const sizeOf = (name: string) =>
    stat(join(folder, 'data', name)).then(
      ({ size }) => size / 1e6,
      () => 0,
    )
  const [database, journal] = await Promise.all([sizeOf('grantd.db'), sizeOf('grantd.db-wal')])
  return { minute, rss, database, journal, descriptors: (await readdir(`/proc/${pid}/fd`)).length }
}

/** How many rows of each kind the database holds, the most first. */
export function countRows(file: string): string {
  using database = new Database(file, { readonly: true })
  const counts = database
    .query<{ kind: string; count: number }, []>(
      'select kind, count(*) as count from grantd_records group by kind order by count desc',
    )
    .all()
  return counts.map(({ kind, count }) => `${count} ${kind}`).join(', ')
}

/** How many rows expired more than so many minutes ago. */
export function countOverdue(file: string, minutes: number): number {
  using database = new Database(file, { readonly: true })
  const row = database
    .query<{ count: number }, [number]>('select count(*) as count from grantd_records where expires_at < ?')
    .get(Date.now() - minutes * 60_000)
  return row?.count ?? 0
}

/** By how much a value grows in a minute: the slope of the line of least squares. */
export function slopeOf(samples: readonly Sample[], pick: (sample: Sample) => number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length
  const [x, y] = [mean(samples.map(({ minute }) => minute)), mean(samples.map(pick))]
  const over = samples.reduce((sum, each) => sum + (each.minute - x) * (pick(each) - y), 0)
  const under = samples.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0)
  return over / under
}
