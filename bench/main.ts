/**
 * Measures grantd against others and against the machine's limit: see bench/README.md.
 * bench/main.ts [--scenarios "rs256 es256"] [--rounds 3] [--seconds 4] [--short] [--check]
 *   [--executable dist/grantd] [--against OTHER-GRANTD] [--out FILE]
 */
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findAbilities, findVersion } from './contenders/grantd.ts'
import { node } from './contenders/peers.ts'
import floors from './floors.json' with { type: 'json' }
import { describeMachine } from './measure/machine.ts'
import { findFallen, floorsOf, floorsOn, scenariosOf } from './ratios.ts'
import { renderFigures } from './report/figures.ts'
import { tabulateGoals } from './report/goals.ts'
import { renderPlain, tabulate } from './report/table.ts'
import type { Results, ScenarioResult } from './results.ts'
import { scenarios } from './scenarios/registry.ts'
import type { Bench, Scenario } from './scenarios/scenario.ts'

const { values } = parseArgs({
  options: {
    scenarios: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    /** Less of everything. */
    short: { type: 'boolean', default: false },
    /** Short, and ends with 1 where a ratio is below its floor. */
    check: { type: 'boolean', default: false },
    executable: { type: 'string', default: 'dist/grantd' },
    /** Another grantd to measure beside it. */
    against: { type: 'string' },
    out: { type: 'string', default: 'bench/results/last.json' },
  },
})

const folder = await mkdtemp(join(tmpdir(), 'grantd-bench-'))
// A terminal interrupts the servers as well.
process.once('SIGINT', () => {
  rmSync(folder, { recursive: true, force: true })
  process.exit(130)
})
try {
  const results = await measure(await createBench())
  await mkdir(resolve(values.out, '..'), { recursive: true })
  await Bun.write(values.out, `${JSON.stringify(results, undefined, 2)}\n`)
  const goals = tabulateGoals(results)
  if (goals.length > 1) console.log(`\n${renderPlain(goals)}`)
  console.log(`\nwritten: ${values.out}`)
  if (values.check && !passesFloors(results)) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function measure(bench: Bench): Promise<Results> {
  const done: ScenarioResult[] = []
  for (const { name, title, run } of chooseScenarios()) {
    bench.say(`\n${name}: ${title}`)
    // What went wrong in one scenario does not take what the others measured.
    const measured = await run(bench).catch((cause: unknown) => {
      console.error(`${name} failed: ${cause instanceof Error ? cause.message : cause}`)
      process.exitCode = 1
    })
    if (!measured) continue
    const result = { name, title, ...measured }
    done.push(result)
    bench.say(
      [...(result.rows.length > 0 ? [renderPlain(tabulate(result))] : []), ...renderFigures(result)].join(
        '\n',
      ),
    )
  }
  return {
    version: 1,
    made: new Date().toISOString(),
    machine: await describeMachine(node),
    grantd: await findVersion(bench.executable),
    rounds: bench.rounds,
    seconds: bench.seconds,
    scenarios: done,
  }
}

async function createBench(): Promise<Bench> {
  const executable = resolve(values.executable)
  const short = values.short || values.check
  let folders = 0
  return {
    executable,
    abilities: await findAbilities(executable),
    async newFolder() {
      const path = join(folder, String(++folders))
      await mkdir(path)
      return path
    },
    ...(values.against && { against: resolve(values.against) }),
    cacheFolder: resolve(import.meta.dir, '.cache'),
    rounds: parseCount('rounds', values.rounds) ?? (values.short ? 1 : 3),
    seconds: parseCount('seconds', values.seconds) ?? (short ? 2 : 4),
    short,
    say: (text) => console.log(text),
  }
}

function parseCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--${name} is '${text}', wanted a whole number from 1`)
  return Number(text)
}

function chooseScenarios(): readonly Scenario[] {
  const named = values.scenarios.split(/[\s,]+/).filter(Boolean)
  const wanted =
    named.length === 0 && values.check ? scenariosOf(floorsOn({ avx512ifma: true }, floors)) : named
  const unknown = wanted.find((name) => !scenarios.some((scenario) => scenario.name === name))
  if (unknown !== undefined)
    throw new Error(
      `There is no scenario '${unknown}'; there are: ${scenarios.map(({ name }) => name).join(' ')}`,
    )
  return wanted.length === 0 ? scenarios : scenarios.filter(({ name }) => wanted.includes(name))
}

/** What fell is on the standard error. */
function passesFloors(results: Results): boolean {
  const chosen = chooseScenarios().map(({ name }) => name)
  const fallen = findFallen(floorsOf(floorsOn(results.machine, floors), chosen), results)
  for (const sentence of fallen) console.error(`below the floor: ${sentence}`)
  if (fallen.length === 0) console.log('every ratio is above its floor')
  return fallen.length === 0
}
