import { Database } from 'bun:sqlite'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Site } from '../../test/support/people/browser.ts'
import { findFreePort } from '../contenders/server.ts'
import { activities } from './activities.ts'
import { password, renderSoakConfig } from './config.ts'
import { type Sample, slopeOf, takeSample } from './samples.ts'

/**
 * `make soak MINUTES=30`: every kind of request, with clean-up, key rotation and reloads, against one executable on SQLite. Prints what the
 * server holds minute by minute, and how fast each grows in the second half. Fails for an answer that was not due, and for growth.
 *
 * Expired rows are kept for a day. To see them go, fill a folder with a server whose clock is 25 hours behind first (`--clock=-90000
 * --folder DIR`), and go on in that folder.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    executable: { type: 'string', default: 'dist/grantd' },
    folder: { type: 'string' },
    clock: { type: 'string' },
  },
})
const minutes = Number(values.minutes)
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

/** Debian's libfaketime, for a server whose clock is off by so many seconds. */
function shiftClock(seconds: string): Record<string, string> {
  const [library] = new Bun.Glob('/usr/lib/*/faketime/libfaketime.so.1').scanSync('/')
  if (library === undefined)
    throw new Error("Cannot find libfaketime.so.1: install Debian's package libfaketime")
  return { LD_PRELOAD: library, FAKETIME: `${seconds}s`, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}

function countOverdue(file: string): number {
  using database = new Database(file, { readonly: true })
  const dayAgo = Date.now() - 86_400_000
  const row = database.query('select count(*) as count from grantd_records where expires_at < ?').get(dayAgo)
  return (row as { count: number }).count
}

await writeConfig(0)
const server = Bun.spawn([resolve(values.executable), 'serve', '--port', String(port)], {
  cwd: folder,
  env: { ...process.env, ...(values.clock !== undefined && shiftClock(values.clock)) },
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
  const { run, pause } = activities[name] ?? {}
  if (!run) throw new TypeError(`No activity is named ${name}`)
  for (let turn = 0; !isOver(); turn++) {
    // Attackers come from everywhere; a service or a person stays where it is, and is known there.
    const address = name === 'attacker' ? `10.66.${number}.${turn % 250}` : `10.${name.length}.0.${number}`
    await run(siteOf(address), number * 1_000_000 + turn).then(
      () => {
        turns[name] = (turns[name] ?? 0) + 1
      },
      (cause) => void faults.push(`minute ${minuteNow().toFixed(2)}, ${name}: ${cause}`),
    )
    await Bun.sleep(pause ?? 0)
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
  while (!isOver()) {
    await Bun.sleep(1000)
    if (minuteNow() < next) continue
    next += Math.min(1, minutes / 10)
    const sample = await takeSample(server.pid, folder, minuteNow())
    samples.push(sample)
    const { minute, rss, database, descriptors } = sample
    console.log(
      `${minute.toFixed(1)} min: ${rss.toFixed(1)} MB resident, database ${database.toFixed(2)} MB, ${descriptors} descriptors`,
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
const growth = {
  'resident memory, MB a minute': slopeOf(later, ({ rss }) => rss),
  'database, MB a minute': slopeOf(later, ({ database }) => database),
  'descriptors a minute': slopeOf(later, ({ descriptors }) => descriptors),
}
console.log(`\nturns: ${JSON.stringify(turns)}, reloads: ${reloads}, exit code ${code}`)
for (const [name, value] of Object.entries(growth))
  console.log(`growth in the second half, ${name}: ${value.toFixed(3)}`)
for (const fault of faults.slice(0, 20)) console.log(fault)
const lines = (await Bun.file(join(folder, 'log')).text()).split('\n')
const complaints = lines.filter((line) => line.includes('"level":"error"'))
for (const line of complaints.slice(0, 10)) console.log(line)
// The database grows for a day, because expired rows are kept so long. What expired before that is gone, and its room is used again.
const overdue = countOverdue(join(folder, 'data', 'grantd.db'))
console.log(`rows that expired more than a day ago: ${overdue}`)
const { 'database, MB a minute': _, ...held } = growth
const grows = Object.values(held).some((value) => value > 0.25) || overdue > 0
const isGood =
  !hasEnded && code === 0 && faults.length === 0 && complaints.length === 0 && (minutes < 10 || !grows)
console.log(isGood ? 'good' : `BAD: ${faults.length} faults, ${complaints.length} errors in the log`)
if (values.folder === undefined) await rm(folder, { recursive: true, force: true })
process.exit(isGood ? 0 : 1)
