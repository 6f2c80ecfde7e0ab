/**
 * Whether anybody can tell by the time of a failure which clients there are: see bench/README.md.
 * bench/timing.ts [--samples 5000] [--executable dist/grantd]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findFreePort } from '../test/support/free-port.ts'
import { Server } from './contenders/server.ts'
import { compareSamples, trimmedMean } from './measure/trimmed.ts'
import { Connection } from './timing/connection.ts'
import { environment, type Failure, failures, renderConfig, storeClients } from './timing/tenant.ts'

const { values } = parseArgs({
  options: {
    /** Of each sort of failure. */
    samples: { type: 'string', default: '5000' },
    executable: { type: 'string', default: 'dist/grantd' },
    /** Limits off alone, for a grantd that has none. */
    plain: { type: 'boolean', default: false },
  },
})

interface Setting {
  readonly name: string
  /** The text of the block `limits`. */
  readonly limits: string
  readonly status: number
  /** Failures of each client before it is measured, each from an address of its own. */
  readonly before: number
}

const settings: readonly Setting[] = [
  { name: 'limits off', limits: '{ enabled: false }', status: 401, before: 0 },
  {
    name: 'counted',
    limits:
      '{ failures_per_client_and_address: 1000000, failures_per_client: 1000000, failures_per_address: 1000000, failures_per_tenant: 1000000 }',
    status: 401,
    before: 0,
  },
  // After these nobody is looked at for an hour.
  {
    name: 'waiting (429)',
    limits: '{ failures_per_client: 1, longest_backoff: 1h, refusal_delay: 0 }',
    status: 429,
    before: 30,
  },
]

const warmUp = 500
/** Where all are measured from. */
const home = '203.0.113.7'

const folder = await mkdtemp(join(tmpdir(), 'grantd-timing-'))
let found = 0
try {
  for (const [index, setting] of settings.entries())
    if (index === 0 || !values.plain) found += await measure(setting, join(folder, String(index)))
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(
  found === 0 ? '\nno failure can be told from another' : `\n${found} can be told from an unknown client`,
)
if (found > 0) process.exitCode = 1

async function measure(setting: Setting, place: string): Promise<number> {
  const port = await findFreePort()
  const text = renderConfig(port, setting.limits)
  const config = values.plain
    ? text.replace(/^limits:.*\n/m, '').replace(/, trusted_proxies: \[.*?\]/, '')
    : text
  await Bun.write(join(place, 'config.yaml'), config)
  const command = [resolve(values.executable), 'serve', '--config', join(place, 'config.yaml')]
  const server = await Server.start({
    command,
    folder: place,
    env: environment,
    port,
    readyPath: '/health/ready',
  })
  try {
    await storeClients(server.origin)
    const connection = await Connection.open(port)
    for (let count = 0; count < setting.before; count++)
      for (const failure of failures) await connection.ask(render(failure, `198.51.100.${count + 1}`))
    for (const failure of failures) await connection.ask(render(failure, home))
    const samples = await takeSamples(connection, setting)
    connection.close()
    return report(setting, samples)
  } finally {
    await server.stop()
  }
}

/** One of each in every round, in an order of its own, so that whatever changes with time changes all alike. */
async function takeSamples(
  connection: Connection,
  { status }: Setting,
): Promise<ReadonlyMap<Failure, number[]>> {
  const samples = new Map(failures.map((failure) => [failure, [] as number[]]))
  const requests = failures.map((failure) => ({ failure, request: render(failure, home) }))
  for (let round = -warmUp; round < Number(values.samples); round++) {
    for (const { failure, request } of shuffle(requests)) {
      const answer = await connection.ask(request)
      if (answer.status !== status)
        throw new Error(`${failure.name} is answered ${answer.status}, wanted ${status}`)
      if (round >= 0) samples.get(failure)?.push(answer.microseconds)
    }
  }
  return samples
}

function render({ clientId, clientSecret }: Failure, address: string): string {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  }).toString()
  return [
    'POST /api/v1/tenant/timing/oauth/token HTTP/1.1',
    'Host: 127.0.0.1',
    `X-Forwarded-For: ${address}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
    '',
    form,
  ].join('\r\n')
}

function shuffle<T>(values: readonly T[]): T[] {
  const shuffled = [...values]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const at = Math.floor(Math.random() * (last + 1))
    const [a, b] = [shuffled[last], shuffled[at]]
    if (a !== undefined && b !== undefined) [shuffled[last], shuffled[at]] = [b, a]
  }
  return shuffled
}

/** Answers how many differ from the first. */
function report({ name }: Setting, samples: ReadonlyMap<Failure, number[]>): number {
  console.log(`\n${name}: ${values.samples} samples each, trimmed means in microseconds`)
  const [first, ...others] = [...samples]
  if (!first) return 0
  console.log(`  ${first[0].name.padEnd(38)} ${trimmedMean(first[1]).mean.toFixed(1)}`)
  let different = 0
  for (const [failure, times] of others) {
    const { mean, standardError, isReal, detectable } = compareSamples(times, first[1])
    const difference = `${mean >= 0 ? '+' : ''}${mean.toFixed(2)} ± ${standardError.toFixed(2)}`
    const verdict = isReal
      ? 'CAN BE TOLD'
      : `no difference found; ${detectable.toFixed(1)} would be, in 95 of 100 runs`
    console.log(`  ${failure.name.padEnd(38)} ${difference.padEnd(18)} ${verdict}`)
    if (isReal) different++
  }
  return different
}
