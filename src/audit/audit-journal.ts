import type { Platform } from '../platform/platform.ts'
import {
  DamagedRowError,
  isDamaged,
  type ListedRecord,
  type NewRecord,
  PassedDamage,
  type Storage,
  systemTenant,
} from '../storage/storage.ts'
import { unchecked } from '../storage/unchecked.ts'
import { AppendConflict, type AppendOptions } from './audit-chain.ts'
import { fitEvent, type WaitingEvent } from './audit-entry.ts'
import { auditJournal } from './audit-row.ts'
import { appendGroups, groupByTenant } from './event-groups.ts'
import { KnownHeads } from './known-heads.ts'

/*
 * If thousands of tenants have one event each, a row and a new head for each of them cost more than the requests that caused them. So
 * lone events are first written to the journal, where a row has the events of many tenants. Half a minute later, when each tenant has
 * several, they move to the trails, in one transaction with the deletion of their journal rows.
 */

/** Tenants share a bucket by a hash of their ids, so that reading or moving the events of one tenant touches few others. */
const buckets = 64

const hexDigits = 2

/** The bucket of a tenant. It must never change, because stored rows have it. FNV-1a over the UTF-16 units of the id, modulo 64. */
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
 * The rows that hold these events until they move. Ids are `<bucket>.<time in 15 digits>.<batch in 9 digits>.<random>`, so the rows of
 * one process sort in the order of writing. `batch` counts the batches that this process has written.
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

/** Rows of one statement. One size, so that its text is prepared once. */
const rowsOfStatement = 32

/** Writes rows to the journal, inside a transaction. */
export async function writeJournal(
  inside: Pick<Storage, 'of'>,
  rows: readonly NewRecord<unknown>[],
): Promise<void> {
  const journal = inside.of(systemTenant).of(unchecked(auditJournal))
  const inGroups = rows.length - (rows.length % rowsOfStatement)
  for (let from = 0; from < inGroups; from += rowsOfStatement)
    await journal.createMany(rows.slice(from, from + rowsOfStatement))
  for (const row of rows.slice(inGroups)) await journal.create(row)
}

export interface SettleOptions extends AppendOptions {
  /** Default: none is known. */
  readonly heads?: KnownHeads
}

/**
 * Rows that are read at once, and events that one transaction moves. One transaction keeps the event loop busy for about ten
 * milliseconds.
 */
const rowsAtOnce = 200
const eventsAtOnce = 1000
/** Attempts while other processes move the same rows or write to the same trails. */
const mostTries = 5

/**
 * Moves the events of a bucket from the journal to the trails. Each event moves once, even if several processes try. A damaged row
 * stays, and the others move. Throws StorageError, and at the end the DamagedRowError of the first damaged row.
 */
export async function settleBucket(storage: Storage, bucket: string, options: SettleOptions): Promise<void> {
  const { heads = new KnownHeads(), ...rest } = options
  let damage: DamagedRowError | undefined
  let after: string | undefined = startOf(bucket)
  for (let tries = 1; after !== undefined; ) {
    try {
      const part: JournalPart = await readJournal(storage, bucket, after)
      await moveRows(storage, part.rows, { ...rest, heads })
      damage ??= part.damage
      after = part.next
      tries = 1
    } catch (cause) {
      if (!(cause instanceof AppendConflict) || tries++ >= mostTries) throw cause
    }
  }
  if (damage) throw damage
}

/** Moves rows in one transaction. */
async function moveRows(
  storage: Storage,
  rows: readonly JournalRow[],
  options: AppendOptions & { readonly heads: KnownHeads },
): Promise<void> {
  if (rows.length === 0) return
  const groups = groupByTenant(rows.flatMap(({ events }) => events))
  try {
    const written = await storage.transaction(async (inside) => {
      const journal = inside.of(systemTenant).of(auditJournal)
      // The deletes come first: a process that comes second waits here, and then learns that the rows are gone.
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
}

interface JournalRow {
  readonly id: string
  readonly events: readonly WaitingEvent[]
}

interface JournalPart {
  /** At most as many rows as one transaction moves. */
  readonly rows: readonly JournalRow[]
  /** The damage of the first damaged row among these. */
  readonly damage: DamagedRowError | undefined
  /** The id after which the next part begins; undefined: this is the last. */
  readonly next: string | undefined
}

/** The rows of a bucket after the id `after`. */
async function readJournal(storage: Storage, bucket: string, after: string): Promise<JournalPart> {
  const mine = await listRows(storage, { bucket, after, limit: rowsAtOnce })
  const rows: JournalRow[] = []
  let damage: DamagedRowError | undefined
  let count = 0
  let at = after
  for (const row of mine) {
    const events = eventsIn(row)
    if (events instanceof DamagedRowError) damage ??= events
    else {
      count += events.length
      if (rows.length > 0 && count > eventsAtOnce) return { rows, damage, next: at }
      rows.push({ id: row.id, events })
    }
    at = row.id
  }
  return { rows, damage, next: mine.length < rowsAtOnce ? undefined : at }
}

function startOf(bucket: string): string {
  return `${bucket}.`
}

async function listRows(
  storage: Storage,
  { bucket, after, limit }: { bucket: string; after: string; limit: number },
): Promise<ListedRecord<unknown>[]> {
  const rows = await storage.of(systemTenant).of(unchecked(auditJournal)).list({ after, limit })
  return rows.filter(({ id }) => id.startsWith(startOf(bucket)))
}

/** Rows that belong to no bucket count too; the only cost is a look at each bucket. */
async function isEmpty(storage: Storage): Promise<boolean> {
  return (await storage.of(systemTenant).of(unchecked(auditJournal)).list({ limit: 1 })).length === 0
}

function eventsIn(row: ListedRecord<unknown>): readonly WaitingEvent[] | DamagedRowError {
  if (isDamaged(row)) return row.damage
  const { id, value } = row
  const events = typeof value === 'object' && value !== null && 'events' in value ? value.events : undefined
  if (Array.isArray(events) && events.every(isWaitingEvent)) return events
  const key = { tenant: systemTenant, kind: auditJournal.name, id }
  return new DamagedRowError(key, 'its value is not a list of events')
}

/** Checked by hand, because this runs for each event of the journal. */
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

/** Moves the journal's events of a tenant, and of others in its bucket, so that its trail is complete. Throws StorageError. */
export function settleTrail(storage: Storage, tenant: string, options: SettleOptions): Promise<void> {
  return settleBucket(storage, bucketOf(tenant), options)
}

/**
 * Moves the events that ended processes left behind: buckets with a row of `before` (ms) or earlier, because a living process would
 * have moved it. Default: every bucket that has a row. If one bucket cannot be moved, the others still are. Throws StorageError at the
 * end.
 */
export async function settleForgotten(
  storage: Storage,
  { before = Number.POSITIVE_INFINITY, ...options }: SettleOptions & { readonly before?: number },
): Promise<void> {
  const damage = new PassedDamage()
  if (await isEmpty(storage)) return
  for (let at = 0; at < buckets; at++) {
    const bucket = nameOf(at)
    try {
      const rows = await listRows(storage, { bucket, after: startOf(bucket), limit: rowsAtOnce })
      // A damaged row stays for ever, so it does not tell how old the others are.
      const first = rows.find((row) => !(eventsIn(row) instanceof DamagedRowError)) ?? rows[0]
      // A row without a time counts as old.
      if (first && !(Number(first.id.split('.')[1]) > before)) await settleBucket(storage, bucket, options)
    } catch (cause) {
      damage.pass(cause)
    }
  }
  damage.throwFirst()
}
