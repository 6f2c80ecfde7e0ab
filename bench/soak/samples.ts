import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { measureTree } from '../measure/processes.ts'

/** What the server holds at one moment. */
export interface Sample {
  /** Minutes since the start. */
  readonly minute: number
  /** MB (10^6 bytes), of all processes. */
  readonly rss: number
  /** MB of the database and its journal. */
  readonly database: number
  readonly descriptors: number
}

export async function takeSample(pid: number, folder: string, minute: number): Promise<Sample> {
  const { rss } = await measureTree(pid)
  const sizes = ['grantd.db', 'grantd.db-wal'].map((name) =>
    stat(join(folder, 'data', name)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  const database = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / 1e6
  return { minute, rss, database, descriptors: (await readdir(`/proc/${pid}/fd`)).length }
}

/** By how much a value grows in a minute: the slope of the line of least squares. */
export function slopeOf(samples: readonly Sample[], pick: (sample: Sample) => number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length
  const [x, y] = [mean(samples.map(({ minute }) => minute)), mean(samples.map(pick))]
  const over = samples.reduce((sum, each) => sum + (each.minute - x) * (pick(each) - y), 0)
  const under = samples.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0)
  return over / under
}
