import type { Results } from '../results.ts'
import { tabulateGoals } from './goals.ts'
import { formatNumber, tabulate } from './table.ts'

/** The blocks that a document can have, by their names: `machine`, `goals`, `tenants-cost`, and each scenario's. */
export function renderBlocks(results: Results): Map<string, string> {
  const blocks = new Map([
    ['machine', renderMachine(results)],
    ['goals', renderTable(tabulateGoals(results))],
  ])
  for (const scenario of results.scenarios) {
    const parts = [
      `${scenario.title}:`,
      scenario.rows.length > 0 && renderTable(tabulate(scenario)),
      scenario.limit && `${scenario.limit.name}: ${formatNumber(scenario.limit.perSecond)} signatures/s`,
      scenario.figures &&
        renderTable([
          ['figure', 'value', 'unit'],
          ...scenario.figures.map(({ name, value, unit }) => [name, formatNumber(value), unit]),
        ]),
      scenario.tenants &&
        renderTable([
          [
            'tenants',
            'from',
            'first 200 ms',
            'first token ms',
            'idle MB',
            'loaded MB',
            'first pass/s',
            'tokens/s',
          ],
          ...scenario.tenants.map((point) => [
            point.tenants.toLocaleString('en'),
            point.source,
            ...[
              point.ready,
              point.firstToken,
              point.rssIdle,
              point.rssLoaded,
              point.firstPass,
              point.perSecond,
            ].map(formatNumber),
          ]),
        ]),
    ]
    blocks.set(scenario.name, parts.filter(Boolean).join('\n\n'))
  }
  return blocks
}

function renderMachine({ machine, made, grantd, rounds, seconds }: Results): string {
  const { cpu, cores, avx512ifma, memory, kernel, openssl, bun, node } = machine
  return [
    `${cpu}, ${cores} cores, ${avx512ifma ? 'with' : 'without'} AVX-512 IFMA, ${memory} GB; Linux ${kernel}; ${openssl};`,
    `Bun ${bun}; Node ${node}; ${grantd}. Medians of ${rounds} interleaved rounds of ${seconds} s, ${made.slice(0, 10)}.`,
  ].join('\n')
}

function renderTable([heading = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(heading),
    line(heading.map((_, column) => (column === 0 ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n')
}

/**
 * Puts each block between its markers, `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`; what the results do not have stays as it
 * is. Throws an Error for a marker without its end.
 */
export function fillDocument(text: string, blocks: ReadonlyMap<string, string>): string {
  const names = [...text.matchAll(/<!-- bench:([\w-]+) -->/g)].map(([, name = '']) => name)
  return names.reduce((filled, name) => {
    const [start, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
    const from = filled.indexOf(start) + start.length
    const to = filled.indexOf(end, from)
    if (to < 0) throw new Error(`The marker ${start} has no end, wanted ${end}`)
    const block = blocks.get(name)
    return block === undefined ? filled : `${filled.slice(0, from)}\n${block}\n${filled.slice(to)}`
  }, text)
}
