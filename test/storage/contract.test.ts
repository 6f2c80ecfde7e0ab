import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodePlatform } from '../../src/platform/node/node-process.ts'
import { openStorage, type StoragePlace } from '../../src/storage/open.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { sharedPostgres } from '../support/postgres-server.ts'
import { longTimes } from '../support/postgres-times.ts'
import { denoProgram } from '../support/spawn-server.ts'
import { contractOf } from './contract/contract.ts'

/** A place that no other test uses, and what removes it. */
interface Place {
  readonly place: StoragePlace
  remove(): Promise<void>
}

const places = {
  memory: async (): Promise<Place> => ({ place: { kind: 'memory' }, remove: async () => {} }),
  sqlite: async (): Promise<Place> => {
    const folder = await mkdtemp(join(tmpdir(), 'grantd-contract-'))
    return {
      place: { kind: 'sqlite', path: join(folder, 'data', 'grantd.db') },
      remove: () => rm(folder, { recursive: true, force: true }),
    }
  },
  postgres: async (): Promise<Place> => ({
    place: { kind: 'postgres', url: await (await sharedPostgres()).createDatabase(), ...longTimes },
    remove: async () => {},
  }),
} as const

/** Enough for a machine that is busy with other tests. */
const patience = 60_000

describe.each(['memory', 'sqlite', 'postgres'] as const)('storage in %s', (kind) => {
  let storage: Storage
  let remove = async () => {}

  beforeAll(async () => {
    const made = await places[kind]()
    remove = made.remove
    storage = await openStorage(made.place, nodePlatform())
  }, patience)
  afterAll(() => remove())

  test.each(Object.entries(contractOf()))('%s', (_, run) => run(storage), patience)
})

describe.each(['sqlite', 'postgres'] as const)('storage in %s under Deno', (kind) => {
  let outcomes: ReadonlyMap<string, string>

  beforeAll(async () => {
    outcomes = await runUnderDeno(kind)
  }, patience)

  test.each(Object.keys(contractOf()))('%s', (name) => {
    expect(outcomes.get(name)).toBe('passed')
  })
})

/** The contract by Deno: each name with `passed` or what failed. */
async function runUnderDeno(kind: 'sqlite' | 'postgres'): Promise<Map<string, string>> {
  const { place, remove } = await places[kind]()
  const permissions = ['net', 'read', 'write', 'env', 'sys'].map((name) => `--allow-${name}`)
  const script = join(import.meta.dir, 'contract/run-under-deno.ts')
  const where = place.kind === 'sqlite' ? place.path : place.kind === 'postgres' ? place.url : ''
  try {
    const child = Bun.spawn(
      [denoProgram, 'run', '--quiet', '--no-prompt', ...permissions, script, kind, where],
      {
        stdout: 'pipe',
        stderr: 'pipe',
      },
    )
    const [output, complaints] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    expect(complaints).toBe('')
    return new Map(output.trim().split('\n').map(readOutcome))
  } finally {
    await remove()
  }
}

function readOutcome(line: string): [name: string, outcome: string] {
  const { name, failure = 'passed' }: { name: string; failure?: string } = JSON.parse(line)
  return [name, failure]
}
