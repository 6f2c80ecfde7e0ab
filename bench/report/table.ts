import type { Row, ScenarioResult } from '../results.ts'

/** A scenario as rows of text, the heading first. */
export function tabulate({ rows, limit }: ScenarioResult): string[][] {
  const best = Math.max(...rows.filter(({ kind }) => kind === 'peer').map(({ perSecond }) => perSecond))
  const hasPeer = Number.isFinite(best)
  const columns: [heading: string, cell: (row: Row) => string][] = [
    ['contender', ({ name }) => name],
    ['requests/s', ({ perSecond }) => formatNumber(perSecond)],
    ['p50 ms', ({ p50 }) => formatNumber(p50)],
    ['p99 ms', ({ p99 }) => formatNumber(p99)],
    ['p99.9 ms', ({ p999 }) => formatNumber(p999)],
    ['CPU µs', ({ cpu }) => formatNumber(cpu)],
    ['idle MB', ({ rssIdle }) => formatNumber(rssIdle)],
    ['loaded MB', ({ rssLoaded }) => formatNumber(rssLoaded)],
    ['processes', ({ processes }) => String(processes)],
  ]
  if (hasPeer) columns.push(['to best peer', ({ perSecond }) => (perSecond / best).toFixed(2)])
  if (limit) columns.push(['of the limit', ({ perSecond }) => (perSecond / limit.perSecond).toFixed(2)])
  return [columns.map(([heading]) => heading), ...rows.map((row) => columns.map(([, cell]) => cell(row)))]
}

/** At most three digits that mean something, thousands apart: 12,345 123 12.3 1.23. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 10 ? 1 : 2)
}

/** For a terminal: columns as wide as they need, numbers to the right. */
export function renderPlain(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  )
  return table
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
