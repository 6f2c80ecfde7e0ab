import { writeOver } from '../../storage/compare-and-swap.ts'
import { type NewRecord, onlyReadable, type Storage, type StoredRecord } from '../../storage/storage.ts'
import { walkRows } from '../../storage/walk-rows.ts'
import { apiKeyCounts, apiKeys } from './api-key-row.ts'
import { type ApiKey, createRevokedCheck } from './api-key-standing.ts'

/**
 * Counts the live keys of a client. Each client has a row with a number that is never too low: making a key adds one, and revoking a
 * key subtracts one, each in the transaction of the key. Keys that end in another way, by time or with their parent, are noticed when
 * the number reaches the limit. Then the keys are counted, but at most once a minute, because counting takes longer if the client has had
 * more keys.
 */

interface CountedClient {
  readonly tenantId: string
  readonly clientId: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Milliseconds. */
const countPause = 60_000

/** Creates the key. Returns false and creates nothing if the client has `most` live keys. Throws StorageError. */
export async function createWithin(
  most: number,
  record: NewRecord<ApiKey>,
  { storage, ...client }: CountedClient & { readonly storage: Storage },
): Promise<boolean> {
  let counted: Count | undefined
  for (;;) {
    const outcome = await storage.transaction((inside) => take(inside, { most, record, client, counted }))
    if (outcome !== 'to be counted') return outcome === 'created'
    counted = await countKeys(storage, client)
  }
}

/** The counted keys, and the version of the count row at that time; undefined: there was no row. */
interface Count {
  readonly live: number
  readonly version: number | undefined
}

interface Take {
  readonly most: number
  readonly record: NewRecord<ApiKey>
  readonly client: CountedClient
  readonly counted: Count | undefined
}

async function take(
  inside: Storage,
  { most, record, client, counted }: Take,
): Promise<'created' | 'full' | 'to be counted'> {
  const { tenantId, clientId, now } = client
  const row = await inside.of(tenantId).of(apiKeyCounts).find(clientId)
  // Keys may have been made and revoked since the count.
  const isCurrent = counted !== undefined && counted.version === row?.version
  const known = isCurrent ? { live: counted.live, counted_at: now } : row?.value
  if (!known) return 'to be counted'
  if (known.live < most) {
    await setCount(inside, client, { row, value: { ...known, live: known.live + 1 } })
    await inside.of(tenantId).of(apiKeys).create(record)
    return 'created'
  }
  if (Math.abs(now - known.counted_at) >= countPause) return 'to be counted'
  if (isCurrent) await setCount(inside, client, { row, value: known })
  return 'full'
}

type CountRow = StoredRecord<(typeof apiKeyCounts.schema)['static']>

async function setCount(
  inside: Storage,
  { tenantId, clientId }: CountedClient,
  { row, value }: { row: CountRow | undefined; value: CountRow['value'] },
): Promise<void> {
  await writeOver(inside.of(tenantId).of(apiKeyCounts), row, { id: clientId, value })
}

/** Subtracts a live key that the same transaction revokes. */
export async function discount(inside: Storage, key: ApiKey, client: CountedClient): Promise<void> {
  const row = await inside.of(client.tenantId).of(apiKeyCounts).find(client.clientId)
  if (!row || row.value.live === 0) return
  const isLive = await createLiveCheck([key], inside, client)
  // Keys that had ended before may not be in the number.
  if (isLive(key)) await setCount(inside, client, { row, value: { ...row.value, live: row.value.live - 1 } })
}

const pageSize = 500

async function countKeys(storage: Storage, client: CountedClient): Promise<Count> {
  const { tenantId, clientId } = client
  // The row is read first: every change from here on changes its version.
  const row = await storage.of(tenantId).of(apiKeyCounts).find(clientId)
  let live = 0
  for await (const page of walkRows(storage.of(tenantId).of(apiKeys), { pageSize, parent: clientId })) {
    const keys = onlyReadable(page).map(({ value }) => value)
    // Damaged keys may be live once they are restored.
    live += page.length - keys.length
    live += keys.filter(await createLiveCheck(keys, storage, client)).length
  }
  return { live, version: row?.version }
}

/** Returns a function that says whether one of `keys` is valid now. */
async function createLiveCheck(
  keys: readonly ApiKey[],
  storage: Storage,
  { tenantId, now }: CountedClient,
): Promise<(key: ApiKey) => boolean> {
  const isRevoked = await createRevokedCheck(keys, storage, tenantId)
  return (key) => (key.expires_at === null || key.expires_at > now) && !isRevoked(key)
}
