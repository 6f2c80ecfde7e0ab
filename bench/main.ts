/**
 * Measures grantd against others and against the machine's limit: see bench/README.md.
 * bench/main.ts [--scenarios "rs256 es256"] [--rounds 3] [--seconds 4] [--short] [--executable dist/grantd] [--out FILE]
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findAbilities, findVersion } from './contenders/grantd.ts'
import { node } from './contenders/peers.ts'
import { describeMachine } from './measure/machine.ts'
import { formatNumber, renderPlain, tabulate } from './report/table.ts'
import type { Results, ScenarioResult } from './results.ts'
import { scenarios } from './scenarios/registry.ts'
import type { Bench } from './scenarios/scenario.ts'

const { values } = parseArgs({
  options: {
    scenarios: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    short: { type: 'boolean', default: false },
    executable: { type: 'string', default: 'dist/grantd' },
    out: { type: 'string', default: 'bench/results/last.json' },
  },
})

const folder = await mkdtemp(join(tmpdir(), 'grantd-bench-'))
try {
  await run()
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const bench = await createBench()
  const done: ScenarioResult[] = []
  for (const { name, title, run } of chooseScenarios(values.scenarios)) {
    bench.say(`\n${name}: ${title}`)
    const result = { name, title, ...(await run(bench)) }
    done.push(result)
    bench.say(renderScenario(result))
  }
  const results: Results = {
    version: 1,
    made: new Date().toISOString(),
    machine: await describeMachine(node),
    grantd: await findVersion(bench.executable),
    rounds: bench.rounds,
    seconds: bench.seconds,
    scenarios: done,
  }
  await mkdir(resolve(values.out, '..'), { recursive: true })
  await Bun.write(values.out, `${JSON.stringify(results, undefined, 2)}\n`)
  bench.say(`\nwritten: ${values.out}`)
}

async function createBench(): Promise<Bench> {
  const executable = resolve(values.executable)
  let folders = 0
  return {
    executable,
    abilities: await findAbilities(executable),
    async newFolder() {
      const path = join(folder, String(++folders))
      await mkdir(path)
      return path
    },
    cacheFolder: resolve(import.meta.dir, '.cache'),
    rounds: Number(values.rounds ?? (values.short ? 1 : 3)),
    seconds: Number(values.seconds ?? (values.short ? 2 : 4)),
    short: values.short,
    say: (text) => console.log(text),
  }
}

function chooseScenarios(names: string) {
  const wanted = names.split(/[\s,]+/).filter(Boolean)
  const unknown = wanted.find((name) => !scenarios.some((scenario) => scenario.name === name))
  if (unknown !== undefined)
    throw new Error(
      `There is no scenario '${unknown}'; there are: ${scenarios.map(({ name }) => name).join(' ')}`,
    )
  return wanted.length === 0 ? scenarios : scenarios.filter(({ name }) => wanted.includes(name))
}

function renderScenario(result: ScenarioResult): string {
  const lines = result.rows.length > 0 ? [renderPlain(tabulate(result))] : []
  if (result.limit) lines.push(`${result.limit.name}: ${formatNumber(result.limit.perSecond)} signatures/s`)
  for (const { name, value, unit } of result.figures ?? [])
    lines.push(`${name}: ${formatNumber(value)} ${unit}`)
  return lines.join('\n')
}
