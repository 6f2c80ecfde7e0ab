import type { ScenarioResult } from '../results.ts'
import { formatNumber } from './table.ts'

/** What a scenario told besides its rows, as lines for a terminal. */
export function renderFigures({ limit, figures = [], tenants = [] }: ScenarioResult): string[] {
  return [
    ...(limit ? [`${limit.name}: ${formatNumber(limit.perSecond)} signatures/s`] : []),
    ...figures.map(({ name, value, unit }) => `${name}: ${formatNumber(value)} ${unit}`),
    ...tenants.map(({ tenants: count, source, ready, firstToken, rssIdle }) => {
      const times = `first 200 after ${formatNumber(ready)} ms, first token after ${formatNumber(firstToken)} ms`
      return `${count} tenants of ${source}: ${times}, ${formatNumber(rssIdle)} MB`
    }),
  ]
}
