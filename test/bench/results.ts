import type { Row, ScenarioResult } from '../../bench/results.ts'

/** A row with a rate, and all else one. */
export function row(name: string, perSecond: number, changes: Partial<Row> = {}): Row {
  const rest = { p50: 1, p99: 1, p999: 1, cpu: 1, rssIdle: 1, rssLoaded: 1, rssLargest: 1, processes: 1 }
  return {
    name,
    kind: name.startsWith('grantd') ? 'grantd' : 'peer',
    perSecond,
    rounds: [perSecond],
    ...rest,
    ...changes,
  }
}

export function scenario(
  name: string,
  rows: readonly Row[],
  changes: Partial<ScenarioResult> = {},
): ScenarioResult {
  return { name, title: `What ${name} asks`, rows, ...changes }
}
