import { expect, test } from 'bun:test'
import { RefusalLimit } from '../../src/audit/refusal-limit.ts'
import type { AuditEvent } from '../../src/protocol/audit-events.ts'

const refused: AuditEvent = {
  type: 'token.refused',
  tenant: 'acme',
  outcome: 'refused',
  reason: 'invalid_client',
}

function admitMany(
  limit: RefusalLimit,
  event: AuditEvent,
  { count, now }: { count: number; now: number },
): AuditEvent[] {
  return Array.from({ length: count }, () => limit.admit(event, now)).flat()
}

test('a hundred refusals of nobody are kept in a minute, and one event counts the others when it is over', () => {
  const limit = new RefusalLimit()
  expect(admitMany(limit, refused, { count: 350, now: 1000 })).toEqual(
    Array.from({ length: 100 }, () => refused),
  )
  expect(limit.admit(refused, 60_999)).toEqual([])
  expect(limit.admit(refused, 61_000)).toEqual([
    { ...refused, client: undefined, reason: 'repeated', detail: { more: '251' } },
    refused,
  ])
  expect(limit.finish()).toEqual([])
})

test('what is over is counted at the next event of any sort, and at the end', () => {
  const limit = new RefusalLimit()
  admitMany(limit, refused, { count: 101, now: 0 })
  const issued: AuditEvent = { type: 'token.issued', tenant: 'beta', outcome: 'success', actor: 'svc' }
  expect(limit.admit(issued, 59_999)).toEqual([issued])
  expect(limit.admit(issued, 60_000).map(({ reason }) => reason)).toEqual(['repeated', undefined])
  admitMany(limit, refused, { count: 105, now: 70_000 })
  expect(limit.finish().map(({ detail }) => detail)).toEqual([{ more: '5' }])
})

test('who proved to be somebody, and whoever else is refused, is counted apart', () => {
  const limit = new RefusalLimit()
  admitMany(limit, refused, { count: 200, now: 0 })
  expect(admitMany(limit, { ...refused, actor: 'svc' }, { count: 200, now: 0 })).toHaveLength(200)
  for (const other of [{ tenant: 'beta' }, { type: 'admin.refused' as const }, { client: 'svc' }]) {
    expect(admitMany(limit, { ...refused, ...other }, { count: 200, now: 0 })).toHaveLength(100)
  }
})

test('a clock that goes back begins anew and loses no count', () => {
  const limit = new RefusalLimit()
  admitMany(limit, refused, { count: 130, now: 1_000_000 })
  expect(limit.admit(refused, 500).map(({ reason }) => reason)).toEqual(['repeated', 'invalid_client'])
})
