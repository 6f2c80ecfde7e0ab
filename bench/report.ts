/**
 * Draws the plots and fills the tables of docs/performance.md and docs/scaling.md from a file of results:
 * bench/report.ts [--results bench/results/latest.json] [--docs docs]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fillDocument, renderBlocks } from './report/markdown.ts'
import { plotRates } from './report/plot-rates.ts'
import { plotTenants } from './report/plot-tenants.ts'
import type { Results } from './results.ts'

const { values } = parseArgs({
  options: {
    results: { type: 'string', default: 'bench/results/latest.json' },
    docs: { type: 'string', default: 'docs' },
  },
})

const results: Results = await Bun.file(values.results).json()
const has = (name: string) => results.scenarios.some((scenario) => scenario.name === name)

if (has('rs256')) await write('performance-rates.svg', plotRates(results))
if (has('tenants')) await write('performance-tenants.svg', plotTenants(results))

const blocks = renderBlocks(results)
for (const name of ['performance.md', 'scaling.md'])
  await write(name, fillDocument(await Bun.file(join(values.docs, name)).text(), blocks))

async function write(name: string, text: string): Promise<void> {
  await Bun.write(join(values.docs, name), text)
  console.log(`written: ${join(values.docs, name)}`)
}
