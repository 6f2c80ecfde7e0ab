import type { Platform } from '../platform/platform.ts'
import { auditJournal, auditJournalAsFound } from '../storage/records.ts'
import {
  type NewRecord,
  type Storage,
  StorageError,
  type StoredRecord,
  systemTenant,
} from '../storage/storage.ts'
import { AppendConflict, type AppendOptions } from './audit-chain.ts'
import { fitEvent, type WaitingEvent } from './audit-entry.ts'
import { appendGroups, groupByTenant } from './event-groups.ts'
import { KnownHeads } from './known-heads.ts'

/*
 * Where thousands of tenants have an event each, a row and a new head for each of them cost more than the tokens they tell of. So
 * lone events are first written together: a row of the journal has those of many tenants. Half a minute later, when each of these
 * tenants has several, they are moved to the trails, in one transaction with the end of their rows in the journal.
 */

/** Tenants share a journal by a hash of their ids: what is read for one tenant, or moved at once, is the work of few. */
const buckets = 64

const hexDigits = 2

/** The bucket of a tenant, for ever: rows of it are in the storage. FNV-1a over the UTF-16 units of the id, modulo 64. */
export function bucketOf(tenant: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < tenant.length; at++) hash = Math.imul(hash ^ tenant.charCodeAt(at), 0x01000193)
  return nameOf((hash >>> 0) % buckets)
}

function nameOf(bucket: number): string {
  return bucket.toString(16).padStart(hexDigits, '0')
}

/** The bucket of a row of the journal, by its id. */
export function bucketOfRow(id: string): string {
  return id.slice(0, hexDigits)
}

/**
 * The rows that hold these events until they are moved; ids: `<bucket>.<time in 15 digits>.<batch in 9 digits>.<random>`, in the order
 * in which one process wrote them. `batch` is how many it has written before.
 */
export function buildJournalRows(
  events: readonly WaitingEvent[],
  { batch, retain, randomBytes, now }: JournalOptions,
): NewRecord<unknown>[] {
  const place = [String(now()).padStart(timeDigits, '0'), String(batch).padStart(batchDigits, '0')].join('.')
  return [...Map.groupBy(events, ({ event }) => bucketOf(event.tenant))].map(([bucket, mine]) => ({
    id: `${bucket}.${place}.${randomBytes(8).toHex()}`,
    value: { events: mine.map(fitEvent) },
    expiresAt: mine.reduce((latest, { time }) => Math.max(latest, time + retain), 0),
  }))
}

const timeDigits = 15
const batchDigits = 9

interface JournalOptions extends Pick<AppendOptions, 'retain'>, Pick<Platform, 'randomBytes' | 'now'> {
  readonly batch: number
}

/** Rows of one statement: of one size, so that its text is prepared once. */
const rowsOfStatement = 32

/** Writes rows to the journal, inside a transaction. */
export async function writeJournal(
  inside: Pick<Storage, 'of'>,
  rows: readonly NewRecord<unknown>[],
): Promise<void> {
  const journal = inside.of(systemTenant).of(auditJournalAsFound)
  const inGroups = rows.length - (rows.length % rowsOfStatement)
  for (let from = 0; from < inGroups; from += rowsOfStatement)
    await journal.createMany(rows.slice(from, from + rowsOfStatement))
  for (const row of rows.slice(inGroups)) await journal.create(row)
}

export interface SettleOptions extends AppendOptions {
  /** Default: none is known. */
  readonly heads?: KnownHeads
}

/** Rows that are read at once, and events that one transaction moves: it is on the event loop for some ten milliseconds. */
const rowsAtOnce = 200
const eventsAtOnce = 1000
/** Tries while other processes move the same rows, or write to the same trails. */
const mostTries = 5

/**
 * Moves what the journal has for the tenants of a bucket to their trails. Each event is moved once, whoever does it at the same
 * time. Throws StorageError, also for a row that is not what grantd writes; then that bucket stays as it is.
 */
export async function settleBucket(storage: Storage, bucket: string, options: SettleOptions): Promise<void> {
  const { heads = new KnownHeads(), ...rest } = options
  for (let tries = 1; ; ) {
    try {
      if (await settleSome(storage, bucket, { ...rest, heads })) return
      tries = 1
    } catch (cause) {
      if (!(cause instanceof AppendConflict) || tries++ >= mostTries) throw cause
    }
  }
}

/** As much as one transaction holds; answers whether nothing is left. */
async function settleSome(
  storage: Storage,
  bucket: string,
  options: AppendOptions & { readonly heads: KnownHeads },
): Promise<boolean> {
  const { rows, isLast } = await readJournal(storage, bucket)
  if (rows.length === 0) return true
  const groups = groupByTenant(rows.flatMap(({ events }) => events))
  try {
    const written = await storage.transaction(async (inside) => {
      const journal = inside.of(systemTenant).of(auditJournal)
      // First of all: whoever comes second waits here, and is told that the rows are gone.
      for (const { id } of rows) {
        if (!(await journal.delete(id))) throw new AppendConflict('Another process has moved these events')
      }
      return appendGroups(inside, groups, options)
    })
    options.heads.remember(written)
  } catch (cause) {
    options.heads.forget(groups.map(([tenant]) => tenant))
    throw cause
  }
  return isLast
}

interface JournalRow {
  readonly id: string
  readonly events: readonly WaitingEvent[]
}

/** The first rows of a bucket, at most as many as one transaction moves. */
async function readJournal(
  storage: Storage,
  bucket: string,
): Promise<{ rows: readonly JournalRow[]; isLast: boolean }> {
  const mine = await listRows(storage, bucket, rowsAtOnce)
  const rows: JournalRow[] = []
  let count = 0
  for (const { id, value } of mine) {
    const events = eventsIn(id, value)
    count += events.length
    if (rows.length > 0 && count > eventsAtOnce) break
    rows.push({ id, events })
  }
  return { rows, isLast: rows.length === mine.length && mine.length < rowsAtOnce }
}

async function listRows(storage: Storage, bucket: string, limit: number): Promise<StoredRecord<unknown>[]> {
  const start = `${bucket}.`
  try {
    const journal = storage.of(systemTenant).of(auditJournalAsFound)
    const rows = await journal.list({ after: start, limit })
    return rows.filter(({ id }) => id.startsWith(start))
  } catch (cause) {
    if (cause instanceof SyntaxError) throw unreadable(`${start}...`)
    throw cause
  }
}

/** Rows of nobody's bucket count too: that costs a look at each bucket. */
async function isEmpty(storage: Storage): Promise<boolean> {
  try {
    return (await storage.of(systemTenant).of(auditJournalAsFound).list({ limit: 1 })).length === 0
  } catch (cause) {
    if (cause instanceof SyntaxError) return false
    throw cause
  }
}

/** The rest of the journal can be used. */
class UnreadableRow extends StorageError {}

function unreadable(id: string): UnreadableRow {
  return new UnreadableRow(
    `The row ${id} of kind ${auditJournal.name} is not what this grantd writes; restore it from a backup, or delete it`,
  )
}

function eventsIn(id: string, value: unknown): readonly WaitingEvent[] {
  const events = typeof value === 'object' && value !== null && 'events' in value ? value.events : undefined
  if (Array.isArray(events) && events.every(isWaitingEvent)) return events
  throw unreadable(id)
}

/** Checked by hand: it is looked at for each event that is written this way. */
function isWaitingEvent(value: unknown): value is WaitingEvent {
  if (typeof value !== 'object' || value === null || !('event' in value) || !('time' in value)) return false
  const { event, time } = value
  if (!Number.isSafeInteger(time) || typeof event !== 'object' || event === null) return false
  const { detail, ...texts }: Readonly<Record<string, unknown>> = { ...event }
  const isNamed = [texts['tenant'], texts['type'], texts['outcome']].every(isText)
  return isNamed && Object.values(texts).every(isText) && (detail === undefined || areTexts(detail))
}

function areTexts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** Moves what the journal has for a tenant, and others of its bucket, so that its trail is complete. Throws StorageError. */
export function settleTrail(storage: Storage, tenant: string, options: SettleOptions): Promise<void> {
  return settleBucket(storage, bucketOf(tenant), options)
}

/**
 * Moves what others left behind: buckets that have a row of `before` (ms) or earlier, for whoever wrote it ended before moving it.
 * Default: every bucket that has a row. One that cannot be moved keeps no other from it. Throws StorageError, at the end.
 */
export async function settleForgotten(
  storage: Storage,
  { before = Number.POSITIVE_INFINITY, ...options }: SettleOptions & { readonly before?: number },
): Promise<void> {
  const failures: UnreadableRow[] = []
  if (await isEmpty(storage)) return
  for (let at = 0; at < buckets; at++) {
    const bucket = nameOf(at)
    try {
      const [first] = await listRows(storage, bucket, 1)
      // Of a row without a time nobody can say how old it is.
      if (first && !(Number(first.id.split('.')[1]) > before)) await settleBucket(storage, bucket, options)
    } catch (cause) {
      if (!(cause instanceof UnreadableRow)) throw cause
      failures.push(cause)
    }
  }
  if (failures.length > 0) throw failures[0]
}
