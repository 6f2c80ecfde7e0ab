import { join } from 'node:path'
import type { LoadOutcome } from './wrk.ts'

export interface PgbenchLoad {
  readonly url: string
  /** One transaction, in the words of pgbench. */
  readonly script: string
  readonly connections: number
  readonly seconds: number
}

/** Runs a statement on so many connections, prepared once on each. Throws an Error with what pgbench says. */
export async function runPgbench(
  { url, script, connections, seconds }: PgbenchLoad,
  folder: string,
): Promise<LoadOutcome> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const file = join(folder, 'pgbench.sql')
  await Bun.write(file, script)
  const child = Bun.spawn(
    [
      ...['pgbench', '--no-vacuum', '--protocol=prepared', '--file', file],
      ...['--client', String(connections), '--jobs', '1', '--time', String(Math.ceil(seconds))],
      ...['--host', hostname, '--port', port, '--username', decodeURIComponent(username), pathname.slice(1)],
    ],
    {
      stdout: 'pipe',
      stderr: 'pipe',
      env: { PATH: process.env['PATH'], PGPASSWORD: decodeURIComponent(password), LC_ALL: 'C' },
    },
  )
  const [text, faults] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) !== 0) throw new Error(`pgbench ended with ${child.exitCode}: ${faults}`)
  return parsePgbench(text)
}

/** The rate and the mean latency; pgbench tells no percentiles. */
export function parsePgbench(text: string): LoadOutcome {
  const numberAfter = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN)
  const requests = numberAfter(/transactions actually processed: (\d+)/)
  const rate = numberAfter(/tps = ([\d.]+)/)
  const failed = numberAfter(/failed transactions: (\d+)/)
  if (!(requests > 0) || !(rate > 0) || failed > 0) throw new Error(`pgbench told no good figures:\n${text}`)
  const unknown = Number.NaN
  return { requests, seconds: requests / rate, p50: unknown, p99: unknown, p999: unknown, longest: unknown }
}
