import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findFreePort } from '../../test/support/free-port.ts'
import type { Site } from '../../test/support/people/browser.ts'
import { activities } from './activities.ts'
import { password, renderSoakConfig } from './config.ts'
import { countOverdue, countRows, type Sample, slopeOf, takeSample } from './samples.ts'

/**
 * `make soak MINUTES=40`: every kind of request, with clean-up, key rotation and reloads, against one executable on SQLite. Prints what the
 * server holds minute by minute, and how fast each grows in the second half. Fails for an answer that was not due, and for growth. Expired
 * rows are kept for a quarter of an hour, so the database is at its level after 18 minutes.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '40' },
    executable: { type: 'string', default: 'dist/grantd' },
    folder: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
/** Minutes after which an expired row is gone: those for which it is kept, and two rounds of the cleaner. */
const minutesKept = 16
/** Minutes of the shortest run of which the second half is level. */
const shortestLevel = 36
const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'grantd-soak-')))
await mkdir(folder, { recursive: true })
const configPath = join(folder, 'config.yaml')
// A cheap hash: what is soaked is the server and not argon2id.
const hash = await Bun.password.hash(password, { algorithm: 'argon2id', memoryCost: 4096, timeCost: 2 })
const port = await findFreePort()

/** By rename, so that no reload reads half of a file. */
async function writeConfig(edition: number): Promise<void> {
  await Bun.write(`${configPath}.new`, renderSoakConfig(hash, edition), { mode: 0o600 })
  await rename(`${configPath}.new`, configPath)
}

await writeConfig(0)
const server = Bun.spawn([resolve(values.executable), 'serve', '--port', String(port)], {
  cwd: folder,
  stdout: Bun.file(join(folder, 'log')),
  stderr: Bun.file(join(folder, 'errors')),
})
const origin = `http://127.0.0.1:${port}`
while (
  !(await fetch(`${origin}/health/ready`).then(
    (answer) => answer.ok,
    () => false,
  ))
) {
  if (server.exitCode !== null) throw new Error(await Bun.file(join(folder, 'errors')).text())
  await Bun.sleep(20)
}

const startedAt = performance.now()
const minuteNow = () => (performance.now() - startedAt) / 60_000
const isOver = () => minuteNow() >= minutes || server.exitCode !== null
const turns: Record<string, number> = {}
const faults: string[] = []

/** A sender with an address of its own, behind the trusted proxy. */
const siteOf = (address: string): Site => ({
  origin: 'https://soak.test',
  send: ({ pathname, search }, init) => {
    const headers = new Headers(init.headers)
    headers.set('X-Forwarded-For', address)
    return fetch(origin + pathname + search, { ...init, headers, redirect: 'manual' })
  },
})

async function loop(name: string, number: number): Promise<void> {
  const { run, every } = activities[name] ?? {}
  if (!run) throw new TypeError(`No activity is named ${name}`)
  for (let turn = 0; !isOver(); turn++) {
    const begun = performance.now()
    // Attackers come from everywhere; a service or a person stays where it is, and is known there.
    const address = name === 'attacker' ? `10.66.${number}.${turn % 250}` : `10.${name.length}.0.${number}`
    await run(siteOf(address), number * 1_000_000 + turn).then(
      () => {
        turns[name] = (turns[name] ?? 0) + 1
      },
      (cause) => void faults.push(`minute ${minuteNow().toFixed(2)}, ${name}: ${cause}`),
    )
    await Bun.sleep(Math.max(0, begun + (every ?? 0) - performance.now()))
  }
}

let reloads = 0
async function reloadAgainAndAgain(): Promise<void> {
  while (!isOver()) {
    await Bun.sleep(5000)
    await writeConfig(++reloads)
    server.kill('SIGHUP')
  }
}

const samples: Sample[] = []
async function sampleAgainAndAgain(): Promise<void> {
  let next = 0
  // The lowest of the minute, because garbage that waits for its collection is no growth.
  let lowest = Number.POSITIVE_INFINITY
  while (!isOver()) {
    await Bun.sleep(1000)
    const sample = await takeSample(server.pid, folder, minuteNow())
    lowest = Math.min(lowest, sample.rss)
    if (sample.minute < next) continue
    next += Math.min(1, minutes / 10)
    samples.push({ ...sample, rss: lowest })
    lowest = Number.POSITIVE_INFINITY
    const { minute, rss, database, journal, descriptors } = samples.at(-1) ?? sample
    console.log(
      `${minute.toFixed(1)} min: ${rss.toFixed(1)} MB resident, database ${database.toFixed(2)} MB, its journal ${journal.toFixed(2)} MB, ${descriptors} descriptors`,
    )
  }
}

const loops = Object.entries(activities).flatMap(([name, { loops: count }]) =>
  Array.from({ length: count }, (_, number) => loop(name, number)),
)
await Promise.all([...loops, reloadAgainAndAgain(), sampleAgainAndAgain()])
const hasEnded = server.exitCode !== null
server.kill('SIGTERM')
const code = await server.exited

const later = samples.filter(({ minute }) => minute >= minutes / 2)
const growth = [
  { name: 'resident memory, MB a minute', pick: ({ rss }: Sample) => rss, most: 0.25 },
  // Interactions are kept for an hour, so they come to their level after the soak only.
  { name: 'database, MB a minute', pick: ({ database }: Sample) => database, most: 0.1 },
  { name: 'descriptors a minute', pick: ({ descriptors }: Sample) => descriptors, most: 0.25 },
].map(({ name, pick, most }) => ({ name, most, slope: slopeOf(later, pick) }))
console.log(`\nturns: ${JSON.stringify(turns)}, reloads: ${reloads}, exit code ${code}`)
for (const { name, slope, most } of growth)
  console.log(`growth in the second half, ${name}: ${slope.toFixed(3)}, wanted at most ${most}`)
for (const fault of faults.slice(0, 20)) console.log(fault)
const lines = (await Bun.file(join(folder, 'log')).text()).split('\n')
const complaints = lines.filter((line) => line.includes('"level":"error"'))
for (const line of complaints.slice(0, 10)) console.log(line)
const file = join(folder, 'data', 'grantd.db')
console.log(`rows: ${countRows(file)}`)
const overdue = countOverdue(file, minutesKept)
console.log(`rows that expired more than ${minutesKept} minutes ago: ${overdue}`)
// A short run says nothing of growth: caches fill, and nothing is deleted yet.
const grows = minutes >= shortestLevel && growth.some(({ slope, most }) => slope > most)
const isGood =
  !hasEnded && code === 0 && faults.length === 0 && complaints.length === 0 && overdue === 0 && !grows
console.log(isGood ? 'good' : `BAD: ${faults.length} faults, ${complaints.length} errors in the log`)
if (values.folder === undefined) await rm(folder, { recursive: true, force: true })
process.exit(isGood ? 0 : 1)
