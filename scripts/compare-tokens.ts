/**
 * Compares the token endpoints of two executables: sh scripts/bun.sh scripts/compare-tokens.ts OLD NEW [rounds]
 * Both are driven with wrk in turn, round by round, so that a noisy machine is noisy for both; the ratio of the medians is
 * what counts: of tokens a second, and of the processor time of one token, which others on the machine disturb less. Wants
 * Linux and wrk (Debian's package wrk).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const [oldPath, newPath, roundsText = '7'] = process.argv.slice(2)
if (!oldPath || !newPath) throw new Error('Usage: compare-tokens.ts OLD NEW [rounds]')
if (!Bun.which('wrk')) throw new Error('wrk is not there; install it with: apt-get install wrk')
const rounds = Number(roundsText)
const secondsOfRound = Number(process.env['SECS'] ?? 4)

const yaml = (algorithm: string) => `
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read } }
    signing: { algorithm: ${algorithm} }
    clients: { svc: { secret: svc-secret-of-the-comparison, scopes: [read] } }
`
const script = `wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "grant_type=client_credentials&client_id=svc&client_secret=svc-secret-of-the-comparison"
function done(summary) if summary.errors.status > 0 then io.write("FAILED " .. summary.errors.status .. "\\n") end end
`

const folder = await mkdtemp(join(tmpdir(), 'grantd-compare-'))
const children: Bun.Subprocess[] = []
try {
  for (const algorithm of (process.env['ALGS'] ?? 'RS256,ES256').split(',')) await compare(algorithm)
} finally {
  for (const child of children) {
    child.kill('SIGTERM')
    await child.exited
  }
  await rm(folder, { recursive: true, force: true })
}

async function compare(algorithm: string): Promise<void> {
  const servers = [
    await start(oldPath ?? '', `old-${algorithm}`, algorithm),
    await start(newPath ?? '', `new-${algorithm}`, algorithm),
  ] as const
  for (const server of servers) await measure(server, 2)
  const rounded: [Round[], Round[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, so that a drift of the machine favours nobody.
    for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      rounded[side].push(await measure(servers[side], secondsOfRound))
    }
  }
  const ratioOf = (pick: (round: Round) => number) => {
    const [before, after] = [median(rounded[0].map(pick)), median(rounded[1].map(pick))]
    return `old ${before.toFixed(0)}, new ${after.toFixed(0)}, ratio ${(after / before).toFixed(3)}`
  }
  console.log(`${algorithm}, medians of ${rounds} rounds`)
  console.log(`  tokens a second:           ${ratioOf(({ rate }) => rate)}`)
  console.log(`  processor time of one, us: ${ratioOf(({ microseconds }) => microseconds)}`)
}

interface Round {
  /** Tokens a second. */
  readonly rate: number
  /** Processor time of one token. */
  readonly microseconds: number
}

interface Server {
  readonly url: string
  readonly pid: number
}

async function start(program: string, name: string, algorithm: string): Promise<Server> {
  const home = join(folder, name)
  await Bun.write(join(home, 'config.yaml'), yaml(algorithm))
  const child = Bun.spawn([resolve(program)], {
    cwd: home,
    env: { PATH: process.env['PATH'], GRANTD_PORT: '0' },
    stdout: Bun.file(join(home, 'log')),
    stderr: 'inherit',
  })
  children.push(child)
  for (;;) {
    const port = /listens on http:\/\/\S+:(\d+)\n/.exec(await Bun.file(join(home, 'log')).text())?.[1]
    if (port) return { url: `http://127.0.0.1:${port}/api/v1/tenant/acme/oauth/token`, pid: child.pid }
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
    await Bun.sleep(20)
  }
}

async function measure({ url, pid }: Server, seconds: number): Promise<Round> {
  await Bun.write(join(folder, 'post.lua'), script)
  const before = await processorTime(pid)
  const wrk = Bun.spawn(['wrk', '-t1', '-c32', `-d${seconds}s`, '-s', join(folder, 'post.lua'), url], {
    stdout: 'pipe',
  })
  const text = await new Response(wrk.stdout).text()
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1])
  const count = Number(/(\d+) requests in/.exec(text)?.[1])
  if (!rate || !count || text.includes('FAILED') || text.includes('Non-2xx'))
    throw new Error(`wrk says: ${text}`)
  return { rate, microseconds: ((await processorTime(pid)) - before) / count }
}

/** Microseconds of processor time that a process has had, all of its threads. */
async function processorTime(pid: number): Promise<number> {
  const stat = await Bun.file(`/proc/${pid}/stat`).text()
  // After the name, which may hold anything: user and system time are the 12th and 13th, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
}
