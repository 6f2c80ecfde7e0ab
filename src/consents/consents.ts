import { lost, untilWritten } from '../storage/compare-and-swap.ts'
import { isDamaged, type Records, type Storage, type StoredRecord } from '../storage/storage.ts'
import { walkRows } from '../storage/walk-rows.ts'
import { cutOff } from '../users/cutoffs.ts'
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

/** Throws StorageError. */
export async function findConsent(
  key: ConsentKey,
  deps: Pick<ConsentDeps, 'storage'>,
): Promise<Consent | undefined> {
  const found = await recordsOf(key.tenantId, deps).find(idOf(key))
  return found && toConsent(found, key.sub)
}

/** Adds the scopes to those that the client has already. Throws StorageError. */
export function giveConsent(
  { scopes, ...key }: ConsentKey & { readonly scopes: readonly string[] },
  deps: ConsentDeps,
): Promise<Consent> {
  const records = recordsOf(key.tenantId, deps)
  const id = idOf(key)
  return untilWritten(async () => {
    const found = await records.find(id)
    const all = [...new Set([...(found?.value.scopes ?? []), ...scopes])]
    const value = { scopes: all, given_at: deps.now() }
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
  const all: Consent[] = []
  for await (const page of walkRows(recordsOf(tenantId, deps), { parent: sub, pageSize })) {
    all.push(...page.flatMap((row) => (isDamaged(row) ? [] : [toConsent(row, sub)])))
  }
  return all
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

function toConsent({ id, value }: Pick<StoredRecord<ConsentValue>, 'id' | 'value'>, sub: string): Consent {
  return { clientId: id.slice(sub.length + 1), scopes: value.scopes, givenAt: value.given_at }
}

function idOf({ sub, clientId }: Pick<ConsentKey, 'sub' | 'clientId'>): string {
  return `${sub} ${clientId}`
}

function recordsOf(tenantId: string, { storage }: { storage: Storage }): Records<ConsentValue> {
  return storage.of(tenantId).of(consents)
}
