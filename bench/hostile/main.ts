/**
 * Attacks the port of a server and measures what good clients notice: make hostile. It ends with 1 if their p99 is a second or more, if
 * a request of theirs fails, or if the server does not recover. Two minutes, on Linux.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findFreePort } from '../../test/support/free-port.ts'
import { percentile } from '../measure/statistics.ts'
import { sendTraffic, type TrafficResult } from './valid-traffic.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** `128`, or `all`. Default: one after the other. */
    descriptors: { type: 'string' },
    /** The kind of one attack, such as `slow-body`. Default: all. */
    only: { type: 'string' },
  },
})
const executable = resolve(positionals[0] ?? 'dist/grantd')
const seconds = 6
const longestP99 = 1000

const config = `
server: { connections: { request_time: 3s, answer_time: 3s } }
tenants:
  bench:
    name: Bench
    oauth2: { audience: [api] }
    signing: { algorithm: ES256 }
    clients: { svc: { secret: svc-secret-of-the-benchmark } }
`

interface Phase {
  readonly title: string
  readonly attack?: readonly [kind: string, count: number]
}

const phases: readonly Phase[] = [
  { title: 'no attack' },
  { title: '10,000 that say nothing', attack: ['silent', 10_000] },
  { title: '10,000 that begin a request', attack: ['mute', 10_000] },
  { title: '1,000 slow heads', attack: ['slow-head', 1000] },
  { title: '1,000 slow bodies', attack: ['slow-body', 1000] },
  { title: '200 that read no answer', attack: ['slow-reader', 200] },
  { title: '500 with smuggling shapes', attack: ['shapes', 500] },
]

let isGood = true
for (const descriptors of [undefined, 128]) {
  if (values.descriptors === undefined || values.descriptors === String(descriptors ?? 'all'))
    await attackServer(descriptors)
}
if (!isGood) process.exitCode = 1

async function attackServer(descriptors: number | undefined): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-hostile-'))
  const server = await start(folder, descriptors)
  try {
    console.log(
      `\n| ${descriptors ?? 'all'} descriptors | good requests | p50 ms | p99 ms | slowest | failed |`,
    )
    console.log('| --- | --: | --: | --: | --: | --: |')
    await sendTraffic(server.port, 1)
    const before = await countDescriptors(server.pid)
    for (const phase of phases) {
      if (values.only !== undefined && phase.attack?.[0] !== values.only) continue
      tellPhase(phase, await runPhase(phase, server.port))
    }
    await tellEnd(server, before)
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function runPhase({ attack }: Phase, port: number): Promise<TrafficResult> {
  if (!attack) return await sendTraffic(port, seconds)
  const [kind, count] = attack
  const attacker = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'attacks.ts'), kind, String(port), String(count)],
    { stdin: 'pipe', stdout: 'inherit', stderr: 'inherit' },
  )
  const result = await sendTraffic(port, seconds)
  await attacker.stdin.end()
  await attacker.exited
  return result
}

function tellPhase({ title }: Phase, { latencies, failures }: TrafficResult): void {
  const at = (percent: number) => percentile(latencies, percent)
  const failed = [...failures].map(([reason, count]) => `${count} ${reason}`).join(', ')
  const figures = [at(50), at(99), at(100)].map((value) => value.toFixed(1))
  console.log(`| ${[title, latencies.length, ...figures, failed || '0'].join(' | ')} |`)
  if (!(at(99) < longestP99) || failures.size > 0) isGood = false
}

/** The server must have let go of everything, and must have told each kind of defence once. */
async function tellEnd(server: Running, before: number): Promise<void> {
  const give = performance.now() + 10_000
  while ((await countDescriptors(server.pid)) > before + 5 && performance.now() < give) await Bun.sleep(100)
  const after = await countDescriptors(server.pid)
  const reasons = (await server.output()).flatMap(
    (line) => /being ended","reason":"(\w+)"/.exec(line)?.[1] ?? [],
  )
  console.log(`\ndescriptors before ${before}, after ${after}; told: ${reasons.join(', ') || 'nothing'}`)
  if (after > before + 5 || new Set(reasons).size !== reasons.length) isGood = false
}

interface Running {
  readonly port: number
  readonly pid: number
  output(): Promise<string[]>
  stop(): Promise<void>
}

async function start(folder: string, descriptors: number | undefined): Promise<Running> {
  await Bun.write(join(folder, 'config.yaml'), config)
  const port = await findFreePort()
  const limit = descriptors === undefined ? 'ulimit -n $(ulimit -Hn)' : `ulimit -n ${descriptors}`
  const child = Bun.spawn(['sh', '-c', `${limit} && exec "$0" serve --port ${port}`, executable], {
    cwd: folder,
    stdout: Bun.file(join(folder, 'log')),
    stderr: 'inherit',
  })
  for (let looks = 0; looks < 500; looks++) {
    const isThere = await fetch(`http://127.0.0.1:${port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isThere) break
    await Bun.sleep(20)
  }
  return {
    port,
    pid: child.pid,
    output: () => readLog(join(folder, 'log')),
    stop: async () => {
      child.kill()
      const late = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await child.exited
      clearTimeout(late)
      if (child.signalCode === 'SIGKILL') throw new Error('The server did not end within 15 seconds')
    },
  }
}

async function readLog(path: string): Promise<string[]> {
  return (await Bun.file(path).text()).split('\n')
}

async function countDescriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length
}
