import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Measures executables: `bun scripts/measure-start.ts [--runs 30] EXECUTABLE...`. For each, the median time from exec
 * to the first 200 and the memory a second later: on config.yaml with its key made before, and as a demo.
 */
const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '30' } },
  allowPositionals: true,
})

interface Run {
  readonly milliseconds: number
  readonly megabytes: number
}

const port = 21_917
const url = `http://127.0.0.1:${port}/health/ready`

for (const executable of positionals) {
  const megabytes = Bun.file(executable).size / 1e6
  console.log(`${executable}: ${megabytes.toFixed(1)} MB`)
  await withFolder(async (folder) => {
    await report('demo', executable, folder)
    await cp('config.yaml', join(folder, 'config.yaml'))
    await measure(executable, folder)
    await report('config.yaml', executable, folder)
  })
}

async function report(what: string, executable: string, folder: string): Promise<void> {
  const runs: Run[] = []
  for (let count = 0; count < Number(values.runs); count++) runs.push(await measure(executable, folder))
  const times = runs.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  const memory = runs.map(({ megabytes }) => megabytes).sort((a, b) => a - b)
  console.log(
    `  ${what}: first 200 after ${median(times)} ms (${times[0]?.toFixed(0)} to ${times.at(-1)?.toFixed(0)}), ` +
      `${median(memory)} MB resident, median of ${runs.length} runs`,
  )
}

function median(sorted: readonly number[]): string {
  return (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(0)
}

async function measure(executable: string, folder: string): Promise<Run> {
  const before = performance.now()
  const child = Bun.spawn([resolve(executable)], {
    cwd: folder,
    env: { GRANTD_PORT: String(port) },
    stdout: 'ignore',
    stderr: 'ignore',
  })
  while ((await fetch(url).catch(() => undefined))?.status !== 200) await Bun.sleep(1)
  const milliseconds = performance.now() - before
  await Bun.sleep(1000)
  const status = await Bun.file(`/proc/${child.pid}/status`).text()
  child.kill()
  await child.exited
  return { milliseconds, megabytes: (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024) / 1e6 }
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-measure-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
