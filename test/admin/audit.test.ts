import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { AuditLog } from '../../src/audit/audit-log.ts'
import { platform, testStart } from '../support/test-app.ts'
import { type AdminApp, expectRefusal, startAdminApp } from './admin-app.ts'

let app: AdminApp
beforeAll(async () => {
  app = await startAdminApp()
  const log = new AuditLog({
    ...platform,
    storage: app.deps.storage,
    now: () => testStart,
    log: () => {},
    retainSeconds: 86_400,
  })
  for (let number = 1; number <= 5; number++) {
    const type = number % 2 === 0 ? 'token.refused' : 'token.issued'
    log.record({
      type,
      tenant: 'acme',
      outcome: 'success',
      actor: 'plain',
      detail: { number: String(number) },
    })
  }
  log.record({ type: 'server.started', tenant: '', outcome: 'success' })
  log.record({ type: 'token.issued', tenant: 'other', outcome: 'success' })
  await log.close()
})
afterAll(() => app.close())

const path = '/tenants/acme/audit'
const numbersOf = (items: { number: number }[]) => items.map(({ number }) => number)
const read = (query = '') => app.call('GET', `${path}${query}`, { as: 'manager' })

test('the trail of a tenant comes in order, in pages, and chained', async () => {
  const { body } = await read()
  expect([numbersOf(body.items), body.next_after]).toEqual([[1, 2, 3, 4, 5], null])
  expect(body.items[0]).toEqual({
    number: 1,
    time: '2030-01-01T00:00:00.000Z',
    tenant: 'acme',
    type: 'token.issued',
    outcome: 'success',
    actor: 'plain',
    detail: { number: '1' },
    prev_expires: 0,
    prev_hash: '0'.repeat(64),
  })
  const first = (await read('?limit=2')).body
  expect([numbersOf(first.items), first.next_after]).toEqual([[1, 2], 2])
  const second = (await read('?limit=2&after=2')).body
  expect([numbersOf(second.items), second.next_after]).toEqual([[3, 4], 4])
  expect(numbersOf((await read('?after=4')).body.items)).toEqual([5])
  expect(numbersOf((await read('?after=999')).body.items)).toEqual([])
})

test('some types alone', async () => {
  expect(numbersOf((await read('?type=token.refused')).body.items)).toEqual([2, 4])
  expect(numbersOf((await read('?type=token.refused&type=token.issued')).body.items)).toEqual([1, 2, 3, 4, 5])
})

describe('as JSON lines', () => {
  test('one event a line, as the trail has it, and the next page in the Link header', async () => {
    const response = await app.send(`/api/v1/admin${path}?limit=3&type=token.issued&type=token.refused`, {
      headers: { Authorization: `Bearer ${await app.tokenOf('manager')}`, Accept: 'application/x-ndjson' },
    })
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    expect(response.headers.get('link')).toBe(
      `<?after=3&limit=3&type=token.issued&type=token.refused>; rel="next"`,
    )
    const text = await response.text()
    const lines = text.trimEnd().split('\n')
    const { items } = (await read()).body
    expect(lines.map((line) => JSON.parse(line))).toEqual(items.slice(0, 3))
    // What is hashed is the line itself.
    expect(platform.hashing.sha256(lines[0] ?? '').toHex()).toBe(items[1].prev_hash)
  })
})

test('what belongs to no tenant is for the admin tenant, and each tenant sees its own alone', async () => {
  const system = (await app.call('GET', '/audit')).body
  expect(system.items.map(({ type }: { type: string }) => type)).toEqual(['server.started'])
  const forbidden = await app.call('GET', '/audit', { as: 'manager' })
  expect(forbidden.status).toBe(403)
  expect((await app.call('GET', '/tenants/other/audit', { as: 'other' })).body.items).toHaveLength(1)
})

test.each([
  ['?limit=0', 'limit must be a whole number from 1 to 1000'],
  ['?limit=1001', 'limit must be a whole number from 1 to 1000'],
  ['?limit=x', 'limit must be a whole number from 1 to 1000'],
  ['?after=-1', 'after must be a whole number from 0 to 999999999999999'],
  ['?after=1e3', 'after must be a whole number from 0 to 999999999999999'],
  ['?after=1&after=2', 'A parameter was sent more than once: after'],
  ['?type=everything', 'type is not a type of event'],
])('refuses %s', async (query, sentence) => {
  expectRefusal(await read(query), 400, 'invalid_request', sentence)
})
