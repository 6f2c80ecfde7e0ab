import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditHeads } from '../../src/audit/audit-row.ts'
import { runCommand } from '../../src/commands/run.ts'
import { SqlStorage } from '../../src/storage/sql-storage.ts'
import { openSqlite } from '../../src/storage/sqlite/open-sqlite.ts'
import { type Storage, systemTenant } from '../../src/storage/storage.ts'
import { entriesOf, eventOf, fill, hashing, openTrail, platform } from '../audit/trail-kit.ts'

let folder: string

/** Runs a command in this process and answers what it wrote. */
async function grantd(args: readonly string[], readsLines = Number.POSITIVE_INFINITY) {
  let [out, err] = ['', '']
  const writeOut = (text: string) => {
    out += text
  }
  const code = await runCommand({
    ...platform,
    args: [...args, '--config', join(folder, 'config.yaml')],
    environment: () => undefined,
    writeOut,
    writeOutPaced: async (text) => {
      if (out.split('\n').length > readsLines) return false
      writeOut(text)
      return true
    },
    writeError: (text) => {
      err += text
    },
  })
  return { code, out, err }
}

async function withDatabase<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = new SqlStorage(await openSqlite(join(folder, 'data/grantd.db'), platform))
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-audit-'))
  const tenant = (id: string) => `  ${id}: { name: ${id}, oauth2: {} }\n`
  await Bun.write(join(folder, 'config.yaml'), `tenants:\n${tenant('acme')}${tenant('quiet')}`)
  await withDatabase(async (storage) => {
    await fill(storage, { rows: 50, inRow: 5 })
    const { audit } = openTrail(storage)
    audit.record(eventOf(1, { tenant: systemTenant, type: 'server.started', client: undefined }))
    audit.record(eventOf(1, { tenant: 'gone', reason: 'a\u001b[2Jb', outcome: 'refused' }))
    await audit.close()
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('list prints the newest hundred events, one a line', async () => {
  const { code, out, err } = await grantd(['audit', 'list', '--tenant', 'acme'])
  expect([code, err]).toEqual([0, ''])
  const lines = out.trimEnd().split('\n')
  expect(lines).toHaveLength(100)
  expect(lines[0]).toBe('151  2030-01-01T00:00:30.000Z  token.issued  success  client=billing  mark=151')
  expect(lines[99]).toStartWith('250  ')
})

test('list goes on after a number, prints as many as wanted, and JSON for scripts', async () => {
  const { out } = await grantd([
    'audit',
    'list',
    '--tenant',
    'acme',
    '--after',
    '7',
    '--limit',
    '2',
    '--json',
  ])
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events.map(({ number }) => number)).toEqual([8, 9])
})

test('what acts on a terminal is written out', async () => {
  const { out } = await grantd(['audit', 'list', '--tenant', 'gone'])
  expect(out).toContain('token.issued  refused  client=billing  reason=a\\u001b[2Jb')
})

test('export prints every event as it was hashed: a line is the prev_hash of the next', async () => {
  const { code, out } = await grantd(['audit', 'export', '--tenant', 'acme'])
  expect(code).toBe(0)
  const lines = out.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([...(await withDatabase(entriesOf))])
  for (const [index, line] of lines.slice(0, -1).entries()) {
    expect(JSON.parse(lines[index + 1] ?? '').prev_hash).toBe(hashing.sha256(line).toHex())
  }
})

test('export takes a range, and stops when nobody reads it any more', async () => {
  const { out } = await grantd(['audit', 'export', '--tenant', 'acme', '--after', '12', '--limit', '20'])
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).number),
  ).toEqual(Array.from({ length: 20 }, (_, index) => index + 13))
  const { code, out: read } = await grantd(['audit', 'export', '--tenant', 'acme'], 10)
  expect(code).toBe(0)
  expect(read.trimEnd().split('\n')).toHaveLength(10)
})

test('the trail of what belongs to no tenant is the system’s', async () => {
  const { out } = await grantd(['audit', 'list', '--system'])
  expect(out).toBe('1  2030-01-01T00:00:00.000Z  server.started  success  mark=1\n')
})

test('verify says of every trail that it is whole, with the hash of its last event', async () => {
  const { code, out } = await grantd(['audit', 'verify'])
  const head = await withDatabase((storage) => storage.of('acme').of(auditHeads).find('head'))
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    expect.stringMatching(
      /^What belongs to no tenant: ok, events 1 to 1, the last with the hash [0-9a-f]{64}$/,
    ),
    `The tenant 'acme': ok, events 1 to 250, the last with the hash ${head?.value.hash}`,
    "The tenant 'quiet': ok, no events",
    '',
  ])
})

test('verify of one trail prints JSON for scripts', async () => {
  const { code, out } = await grantd(['audit', 'verify', '--tenant', 'gone', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ tenant: 'gone', ok: true, events: 1, complaints: [] })
})

test.each([
  [['audit'], 'audit wants one of list, verify, export'],
  [['audit', 'prune'], 'audit wants one of list, verify, export'],
  [['audit', 'list'], 'audit list wants one trail: name it with --tenant ID or --system'],
  [['audit', 'export'], 'audit export wants one trail: name it with --tenant ID or --system'],
  [['audit', 'list', '--system', '--after', 'x'], "--after is 'x', wanted a whole number"],
  [['audit', 'list', '--system', '--limit', '-1'], "--limit is '-1', wanted a whole number"],
])('%j is wrong usage', async (args, message) => {
  const { code, err } = await grantd(args)
  expect(code).toBe(2)
  expect(err).toContain(message)
})

test.each(['list', 'export', 'verify'])('%s of a tenant that never had a trail says so', async (action) => {
  expect(await grantd(['audit', action, '--tenant', 'nobody'])).toEqual({
    code: 1,
    out: '',
    err: "grantd: The tenant 'nobody' has no audit trail\n",
  })
})

test('verify ends with 1 when a trail is broken, and says where', async () => {
  await withDatabase((storage) => storage.of('gone').of(auditHeads).delete('head'))
  const { code, out } = await grantd(['audit', 'verify', '--tenant', 'gone'])
  expect(code).toBe(1)
  expect(out).toMatch(/^The tenant 'gone': broken, events 1 to 1, .*\n {2}The head is missing\n$/)
})
