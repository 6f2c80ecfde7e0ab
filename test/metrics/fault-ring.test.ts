import { expect, test } from 'bun:test'
import { FaultRing } from '../../src/metrics/fault-ring.ts'

function createRing() {
  const clock = { now: 1000 }
  return { clock, ring: new FaultRing(() => clock.now) }
}

test('the ring keeps warnings and errors, the newest first, and no information', () => {
  const { ring, clock } = createRing()
  ring.note('info', 'request', { status: 200 })
  ring.note('warn', 'first')
  clock.now = 2000
  ring.note('error', 'second', { code: 'ENOSPC' })
  expect(ring.list()).toEqual([
    { at: 2000, level: 'error', message: 'second', facts: { code: 'ENOSPC' }, count: 1 },
    { at: 1000, level: 'warn', message: 'first', facts: {}, count: 1 },
  ])
})

test('a fault that comes a thousand times in a row is one entry with the last time and request', () => {
  const { ring, clock } = createRing()
  ring.note('warn', 'before')
  for (let count = 1; count <= 1000; count++) {
    clock.now = count
    ring.note('error', 'request', { route: '/a', status: 503, request_id: `id-${count}` })
  }
  expect(ring.list()).toHaveLength(2)
  expect(ring.list()[0]).toMatchObject({ at: 1000, count: 1000, facts: { request_id: 'id-1000' } })
})

test('the ring is bounded in entries and in length', () => {
  const { ring } = createRing()
  for (let count = 0; count < 100; count++) ring.note('warn', `message ${count}`)
  ring.note('error', 'long', { reason: 'x'.repeat(10_000) })
  expect(ring.list()).toHaveLength(20)
  expect(ring.list()[0]?.facts['reason']).toHaveLength(301)
})

test.each([
  ['a quoted name in a message', "changing the keys of tenant 'acme-secret' failed", {}],
  ['the fields', 'request', { tenant: 'acme-secret', client_id: 'acme-secret', sub: 'acme-secret' }],
  [
    'a reason about a tenant',
    'x failed',
    { reason: "Cannot load the key of tenant 'a': keys/acme-secret/k.pem" },
  ],
  ['a reason with a quoted name', 'x failed', { reason: `The row "acme-secret" is 'acme-secret'` }],
  ['a reason that repeats a field', 'request', { tenant: 'acme-secret', reason: 'no acme-secret here' }],
  ['a path of a key', 'generated a key', { file: '/data/keys/acme-secret/k.pem', tenant: 'acme-secret' }],
  ['the fault of a reload', 'the reload failed', { fault: 'config.yaml:3:5: tenants.acme-secret: no' }],
  ['a field that nobody listed', 'x', { email: 'acme-secret' }],
])('%s names nobody on the page', (_, message, fields) => {
  const { ring } = createRing()
  ring.note('error', message, fields)
  expect(JSON.stringify(ring.list())).not.toContain('acme-secret')
})

test('a reason without a name is shown, and so is the place in a configuration', () => {
  const { ring } = createRing()
  ring.note('error', 'x failed', { reason: 'database is locked', file: 'config.yaml', line: 3, column: 5 })
  expect(ring.list()[0]?.facts).toEqual({
    reason: 'database is locked',
    file: 'config.yaml',
    line: '3',
    column: '5',
  })
})

test('the fault of a reload says the place in the file', () => {
  const { ring } = createRing()
  ring.note('error', 'the reload failed', {
    by: 'SIGHUP',
    fault: 'config.yaml:3:5: tenants.acme: wrong',
    more_faults: 2,
  })
  expect(ring.list()[0]?.facts).toEqual({ by: 'SIGHUP', more_faults: '2', fault: 'config.yaml:3:5' })
})
