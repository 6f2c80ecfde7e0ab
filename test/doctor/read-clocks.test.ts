import { expect, test } from 'bun:test'
import { readClocks } from '../../src/doctor/read-clocks.ts'
import type { StorageFacts } from '../../src/storage/storage-facts.ts'

const now = Date.UTC(2030, 0, 1)
const memory: StorageFacts = {
  ...{ kind: 'memory', place: 'memory', schema: null, known: 0, latency: null, clock: null },
}

function read(base: string, headers: Record<string, string> | undefined, storage = memory) {
  const fetch = async () => {
    if (!headers) throw new Error('ECONNREFUSED')
    return new Response('', { status: 404, headers })
  }
  return readClocks({ base, storage }, { environment: () => undefined, now: () => now, fetch })
}

test('any answer with a Date is a clock, of a second', async () => {
  const date = 'Tue, 01 Jan 2030 00:01:00 GMT'
  expect(await read('https://id.example.com', { date })).toEqual([
    {
      ...{ of: 'https://id.example.com', earliest: now + 60_000, latest: now + 61_000 },
      ...{ askedAt: now, answeredAt: now },
    },
  ])
})

test('this machine itself, no date, a broken one and no answer are no clock', async () => {
  expect(await read('http://localhost:3000', { date: 'Tue, 01 Jan 2030 00:01:00 GMT' })).toEqual([])
  expect(await read('https://id.example.com', {})).toEqual([])
  expect(await read('https://id.example.com', { date: 'yesterday' })).toEqual([])
  expect(await read('https://id.example.com', undefined)).toEqual([])
})

test('a database server has a clock', async () => {
  const clock = { at: now + 5, askedAt: now, answeredAt: now + 9 }
  const storage: StorageFacts = { ...memory, kind: 'postgres', place: 'db:5432/grantd', clock }
  expect(await read('http://localhost:3000', undefined, storage)).toEqual([
    { of: 'db:5432/grantd', earliest: now + 5, latest: now + 5, askedAt: now, answeredAt: now + 9 },
  ])
})
