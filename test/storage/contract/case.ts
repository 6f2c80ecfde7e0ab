import assert from 'node:assert/strict'
import { Type } from '@sinclair/typebox'
import type { RecordKind, Records, Storage } from '../../../src/storage/storage.ts'

/** What every store must do: named functions that any test runner of any runtime can run. */
export type Cases = Readonly<Record<string, (storage: Storage) => Promise<void>>>

const Thing = Type.Object({ v: Type.Unknown() })

export const things: RecordKind<typeof Thing> = { name: 'thing', schema: Thing }
export const otherThings: RecordKind<typeof Thing> = { name: 'other', schema: Thing }

let tenants = 0

/** A tenant of which the store, which the cases share, has nothing yet. */
export function newTenant(): string {
  return `tenant-${++tenants}`
}

/** The things of a new tenant. */
export function newThings(storage: Storage): Records<{ v: unknown }> {
  return storage.of(newTenant()).of(things)
}

export async function idsOf(records: Records<unknown>): Promise<string[]> {
  return (await records.list({ limit: 1000 })).map(({ id }) => id)
}

export async function create(records: Records<{ v: unknown }>, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) assert.equal(await records.create({ id, value: { v: id } }), true)
}

/** The answers of `count` callers at once. */
export function atOnce<T>(count: number, ask: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => ask(index)))
}

export function count<T>(answers: readonly T[], wanted: T): number {
  return answers.filter((answer) => answer === wanted).length
}
