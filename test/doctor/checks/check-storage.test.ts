import { expect, test } from 'bun:test'
import { checkStorage } from '../../../src/doctor/checks/check-storage.ts'
import { StorageError } from '../../../src/storage/storage.ts'
import type { StorageFacts } from '../../../src/storage/storage-facts.ts'

const postgres: StorageFacts = {
  ...{
    kind: 'postgres',
    place: 'postgres at db:5432/grantd',
    schema: 2,
    known: 2,
    latency: 1.26,
    clock: null,
  },
}
const stateOf = (more: Partial<StorageFacts>) => checkStorage({ ...postgres, ...more })[0]?.state

test('a primary of the schema of this build, and how fast it answers', () => {
  expect(checkStorage(postgres)).toEqual([
    { state: 'ok', message: 'postgres at db:5432/grantd: a primary, schema 2, a read takes 1.3 ms' },
  ])
})

test('another schema, a slow answer, none, and a store that is away', () => {
  expect(stateOf({ schema: 3 })).toBe('fault')
  expect(stateOf({ schema: 1 })).toBe('warning')
  expect(stateOf({ latency: 21 })).toBe('warning')
  expect(stateOf({ schema: null })).toBe('unknown')
  expect(stateOf({ kind: 'memory' })).toBe('ok')
  expect(checkStorage(new StorageError('Cannot use it: it is a standby'))).toEqual([
    { state: 'fault', message: 'Cannot use it: it is a standby' },
  ])
})
