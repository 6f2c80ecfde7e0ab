import type { Row, ScenarioResult } from '../results.ts'

/** A scenario as rows of text, the heading first. */
export function tabulate({ rows, limit }: ScenarioResult): string[][] {
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
  if (rows.some(({ group }) => group)) columns.splice(1, 0, ['', ({ group }) => group ?? ''])
  if (rows.some(({ cpuStorage }) => cpuStorage !== undefined))
    columns.push(['storage CPU µs', ({ cpuStorage = null }) => formatNumber(cpuStorage)])
  if (rows.some(({ kind }) => kind === 'peer'))
    columns.push(['to best peer', (row) => formatRatio(row.perSecond / findBestPeer(rows, row.group))])
  if (limit) columns.push(['of the limit', ({ perSecond }) => formatRatio(perSecond / limit.perSecond)])
  return [columns.map(([heading]) => heading), ...rows.map((row) => columns.map(([, cell]) => cell(row)))]
}

/** The highest rate of a peer in the group; NaN where there is none. */
export function findBestPeer(rows: readonly Row[], group?: string): number {
  const rates = rows.filter((row) => row.kind === 'peer' && row.group === group).map((row) => row.perSecond)
  return rates.length === 0 ? Number.NaN : Math.max(...rates)
}

function formatRatio(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '-'
}

/** At most three digits that mean something, thousands apart: 12,345 123 12.3 1.23. */
export function formatNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '-'
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value.toFixed(value >= 10 ? 1 : 2)
}

/** For a terminal: columns as wide as they need, texts to the left and figures to the right. */
export function renderPlain(table: readonly (readonly string[])[]): string {
  const columns = table[0] ?? []
  const widths = columns.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  const isText = columns.map((heading) => ['', 'contender', 'goal'].includes(heading))
  const pad = (cell: string, column: number) =>
    isText[column] ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return table.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}
