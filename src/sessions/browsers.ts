import { lost, untilWritten, writeOver } from '../storage/compare-and-swap.ts'
import type { Storage } from '../storage/storage.ts'
import { browsers } from './session-row.ts'

/** A person and a browser, which is known by SHA-256 of its secret, in hex. */
export interface BrowserOfPerson {
  readonly tenantId: string
  readonly browserHash: string
  readonly sub: string
}

/** Milliseconds for which a browser is known after the last sign-in. */
const keptFor = 365 * 86_400_000
/** People of one browser. The one who signed in first is forgotten first. */
const mostPeople = 20

/** Notes that the person has signed in from this browser. Throws StorageError. */
export function rememberBrowser(
  { tenantId, browserHash, sub }: BrowserOfPerson,
  { storage, now }: { readonly storage: Storage; readonly now: () => number },
): Promise<void> {
  const records = storage.of(tenantId).of(browsers)
  return untilWritten(async () => {
    const found = await records.find(browserHash)
    const others = found?.value.subs.filter((known) => known !== sub) ?? []
    const value = { subs: [...others, sub].slice(-mostPeople) }
    const row = { id: browserHash, value, expiresAt: now() + keptFor }
    return (await writeOver(records, found, row)) ? undefined : lost
  })
}

/** Whether anybody has signed in from this browser within a year. Throws StorageError. */
export async function hasSignedIn(
  { tenantId, browserHash }: Omit<BrowserOfPerson, 'sub'>,
  { storage, now }: { readonly storage: Storage; readonly now: () => number },
): Promise<boolean> {
  const found = await storage.of(tenantId).of(browsers).find(browserHash)
  return found !== undefined && (found.expiresAt ?? 0) > now() && found.value.subs.length > 0
}

/** Whether the person has signed in from this browser within a year. Throws StorageError. */
export async function isKnownBrowser(
  { tenantId, browserHash, sub }: BrowserOfPerson,
  { storage, now }: { readonly storage: Storage; readonly now: () => number },
): Promise<boolean> {
  const found = await storage.of(tenantId).of(browsers).find(browserHash)
  return found !== undefined && (found.expiresAt ?? 0) > now() && found.value.subs.includes(sub)
}
