import { lost, untilWritten, writeOver } from '../storage/compare-and-swap.ts'
import { isDamaged, type Records, type Storage, type StoredRecord } from '../storage/storage.ts'
import { walkRows } from '../storage/walk-rows.ts'
import { cutOff, timeAfter } from '../users/cutoffs.ts'
import { consents } from './consent-row.ts'

/** What a person allowed a client. */
export interface Consent {
  readonly clientId: string
  readonly scopes: readonly string[]
  /** When something was allowed last (ms). */
  readonly givenAt: number
}

/** Whose consent, and for which client. */
export interface ConsentKey {
  readonly tenantId: string
  readonly sub: string
  readonly clientId: string
}

interface ConsentDeps {
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type ConsentValue = (typeof consents.schema)['static']

/** Undefined if there is none, or if it was given to an earlier client of the same id. Throws StorageError. */
export async function findConsent(
  key: ConsentKey,
  deps: Pick<ConsentDeps, 'storage'>,
): Promise<Consent | undefined> {
  const { found, forgottenAt } = await read(recordsOf(key.tenantId, deps), key)
  return isGood(found, forgottenAt) ? toConsent(found, key.sub) : undefined
}

/** Adds the scopes to those that the client has already. Throws StorageError. */
export function giveConsent(
  { scopes, ...key }: ConsentKey & { readonly scopes: readonly string[] },
  deps: ConsentDeps,
): Promise<Consent> {
  const records = recordsOf(key.tenantId, deps)
  const id = idOf(key)
  return untilWritten(async () => {
    const { found, forgottenAt } = await read(records, key)
    const known = isGood(found, forgottenAt) ? found.value.scopes : []
    const value = {
      scopes: [...new Set([...known, ...scopes])],
      given_at: timeAfter(forgottenAt, deps.now()),
    }
    const isWritten = found
      ? await records.replace(id, value, { ifVersion: found.version })
      : await records.create({ id, value, parent: key.sub })
    return isWritten ? toConsent({ id, value }, key.sub) : lost
  })
}

const pageSize = 100

/** Every consent of a person, in the order of the clients' ids. Damaged rows are left out. Throws StorageError. */
export async function listConsents(
  { tenantId, sub }: Omit<ConsentKey, 'clientId'>,
  deps: Pick<ConsentDeps, 'storage'>,
): Promise<Consent[]> {
  const records = recordsOf(tenantId, deps)
  const all: Consent[] = []
  for await (const page of walkRows(records, { parent: sub, pageSize })) {
    const given = page.flatMap((row) => (isDamaged(row) ? [] : [toConsent(row, sub)]))
    const forgotten = await records.findMany(given.map(({ clientId }) => forgottenId(clientId)))
    const times = new Map(forgotten.map(({ id, value }) => [id, value.given_at]))
    all.push(...given.filter(({ clientId, givenAt }) => givenAt > (times.get(forgottenId(clientId)) ?? -1)))
  }
  return all
}

/**
 * Makes every consent to a client worthless, because a later client of the same id must ask for itself. Call it in the transaction that
 * makes or deletes the client. Throws StorageError.
 */
export function forgetConsents(
  { tenantId, clientId }: Omit<ConsentKey, 'sub'>,
  deps: ConsentDeps,
): Promise<void> {
  const records = recordsOf(tenantId, deps)
  const id = forgottenId(clientId)
  return untilWritten(async () => {
    const known = await records.find(id)
    // It never goes back, and ends what was given since the last one too, because that was given 1 ms after it at least.
    const value = { scopes: [], given_at: timeAfter(known?.value.given_at ?? 0, deps.now()) }
    return (await writeOver(records, known, { id, value })) ? undefined : lost
  })
}

/**
 * Takes the consent back: deletes it, and ends everything that the client got for the person until now, even if there was no consent.
 * Returns whether there was one. Throws StorageError.
 */
export function withdrawConsent(key: ConsentKey, { storage, now }: ConsentDeps): Promise<boolean> {
  const { tenantId, sub, clientId } = key
  return storage.transaction(async (inside) => {
    await cutOff(inside, tenantId, { sub, clientId, before: now() })
    return recordsOf(tenantId, { storage: inside }).delete(idOf(key))
  })
}

/** Deletes every consent of a person who is deleted. The cutoff of the person is the caller's. Throws StorageError. */
export async function withdrawAllConsents(
  { tenantId, sub }: Omit<ConsentKey, 'clientId'>,
  deps: Pick<ConsentDeps, 'storage'>,
): Promise<void> {
  const records = recordsOf(tenantId, deps)
  for await (const page of walkRows(records, { parent: sub, pageSize }))
    for (const { id } of page) await records.delete(id)
}

type ConsentRow = StoredRecord<ConsentValue>

/** The consent, and the time (ms) up to which those to the client are worthless; -1: none was forgotten. */
async function read(records: Records<ConsentValue>, key: ConsentKey) {
  const rows = await records.findMany([idOf(key), forgottenId(key.clientId)])
  const found = rows.find(({ id }) => id === idOf(key))
  const forgotten = rows.find(({ id }) => id === forgottenId(key.clientId))
  return { found, forgottenAt: forgotten?.value.given_at ?? -1 }
}

function isGood(found: ConsentRow | undefined, forgottenAt: number): found is ConsentRow {
  return found !== undefined && found.value.given_at > forgottenAt
}

/** No sub is empty. */
function forgottenId(clientId: string): string {
  return idOf({ sub: '', clientId })
}

function toConsent({ id, value }: Pick<ConsentRow, 'id' | 'value'>, sub: string): Consent {
  return { clientId: id.slice(sub.length + 1), scopes: value.scopes, givenAt: value.given_at }
}

function idOf({ sub, clientId }: Pick<ConsentKey, 'sub' | 'clientId'>): string {
  return `${sub} ${clientId}`
}

function recordsOf(tenantId: string, { storage }: { storage: Storage }): Records<ConsentValue> {
  return storage.of(tenantId).of(consents)
}
