import type { Hashing } from '../platform/hashing.ts'
import {
  DamagedRowError,
  isDamaged,
  type ListedRecord,
  StorageError,
  type StoredRecord,
  type TenantStorage,
} from '../storage/storage.ts'
import { unchecked } from '../storage/unchecked.ts'
import { buildEntry, type WaitingEvent } from './audit-entry.ts'
import { type AuditEntry, auditEvents, auditHeads } from './audit-row.ts'

/** The last event of a trail, as the head has it. The members are in the order of the schema. */
export interface ChainEnd {
  readonly number: number
  readonly hash: string
  readonly expires_at: number
}

/** The end of an empty trail. The first event links to it. */
export const beginning: ChainEnd = { number: 0, hash: '0'.repeat(64), expires_at: 0 }

export const headId = 'head'

/** The id of the row whose last event has this number. Ids sort like the numbers. */
export function idOf(number: number): string {
  return String(number).padStart(16, '0')
}

/** The number of the last event of the row with this id; undefined if the id is not of an event row. */
export function numberOf(id: string): number | undefined {
  return /^\d{16}$/.test(id) && Number(id) > 0 ? Number(id) : undefined
}

/** The events of a row, unchecked; undefined if the value is not a row of events. */
export function eventsOf(value: unknown): readonly unknown[] | undefined {
  const isRow =
    typeof value === 'object' && value !== null && 'events' in value && Object.keys(value).length === 1
  return isRow && Array.isArray(value.events) && value.events.length > 0 ? value.events : undefined
}

/** The hash of this event, which the next event names. */
export function hashOf(entry: unknown, hashing: Hashing): string {
  return hashOfText(JSON.stringify(entry ?? null), hashing)
}

function hashOfText(text: string, hashing: Hashing): string {
  return hashing.sha256(text).toHex()
}

/** Whether a value from a row or a file can be the end of a chain. */
export function isChainEnd(value: unknown): value is ChainEnd {
  return (
    typeof value === 'object' &&
    value !== null &&
    'number' in value &&
    'hash' in value &&
    'expires_at' in value &&
    isWhole(value.number, mostEvents) &&
    typeof value.hash === 'string' &&
    isWhole(value.expires_at, latest)
  )
}

/** Room for a thousand events a second over thirty thousand years. */
const mostEvents = 1e15
/** The last moment (ms) that a Date can hold. */
const latest = 8.64e15

function isWhole(value: unknown, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most
}

/** Another process wrote to the trail of this tenant at the same moment; the caller tries again. */
export class AppendConflict extends StorageError {}

export interface AppendOptions {
  readonly hashing: Hashing
  /** How long events are kept, in ms. */
  readonly retain: number
}

/** Events of one row. */
const mostInRow = 128

/** The head of a trail as this process left it. */
export interface KnownHead {
  readonly end: ChainEnd
  /** See StoredRecord.version. */
  readonly version: number
}

/**
 * Appends events to the trail of one tenant, inside a transaction. Returns the new head, which counts once the transaction is
 * committed. Reads nothing if the caller passes its last head and no process wrote since. If a head is missing or wrong, the
 * trail goes on after its last event with an `audit.gap` that says so and stays for good. Throws {@link AppendConflict}.
 */
export async function appendEvents(
  trail: TenantStorage,
  waiting: readonly WaitingEvent[],
  { known, ...options }: AppendOptions & { readonly known?: KnownHead | undefined },
): Promise<KnownHead> {
  const heads = trail.of(unchecked(auditHeads))
  if (known) {
    const { rows, end } = buildRows(waiting, known.end, options)
    // This locks the head before any row is written, and fails if the head is not the known one.
    if (await heads.replace(headId, end, { ifVersion: known.version })) {
      await writeRows(trail, rows)
      return { end, version: known.version + 1 }
    }
  }
  // An update locks the row, so a replica that comes second waits, or gets an error, before it has done its work.
  await heads.touch(headId, 0)
  const head = await readHead(trail)
  const found = await findEnd(trail, head?.value, options)
  const events = found.fault === undefined ? waiting : [...noteOf(found.fault, waiting), ...waiting]
  const { rows, end } = buildRows(events, found.end, options)
  await writeRows(trail, rows)
  check(await (head ? heads.replace(headId, end, { ifVersion: head.version }) : putHead(trail, end)))
  return { end, version: (head?.version ?? 0) + 1 }
}

interface Row {
  readonly id: string
  readonly value: { readonly events: AuditEntry[] }
  readonly expiresAt: number
}

/** The rows that hold the events, and the end of the trail after them. */
function buildRows(
  events: readonly WaitingEvent[],
  start: ChainEnd,
  options: AppendOptions,
): { rows: Row[]; end: ChainEnd } {
  const rows: Row[] = []
  let end = start
  for (let from = 0; from < events.length; from += mostInRow) {
    const built = buildRow(events.slice(from, from + mostInRow), end, options)
    rows.push(built.row)
    end = built.end
  }
  return { rows, end }
}

function buildRow(
  events: readonly WaitingEvent[],
  end: ChainEnd,
  { hashing, retain }: AppendOptions,
): { row: Row; end: ChainEnd } {
  // Rows never expire before the row in front of them, even if the clock jumps, so retention removes from the front only.
  const expiresAt = events.reduce((latest, { time }) => Math.max(latest, time + retain), end.expires_at)
  const entries: AuditEntry[] = []
  let at = end
  for (const waiting of events) {
    const number = at.number + 1
    const entry = buildEntry(waiting, { number, prev_expires: at.expires_at, prev_hash: at.hash })
    const text = JSON.stringify(entry)
    entries.push(entry)
    at = { number, hash: hashOfText(text, hashing), expires_at: expiresAt }
  }
  return { row: { id: idOf(at.number), value: { events: entries }, expiresAt }, end: at }
}

async function writeRows(trail: TenantStorage, rows: readonly Row[]): Promise<void> {
  for (const row of rows) check(await trail.of(auditEvents).create(row))
}

function check(isFirst: boolean): void {
  if (!isFirst) throw new AppendConflict('The audit trail was continued by another process')
}

/** The head; undefined if there is none, or if it is not JSON. */
export async function readHead(trail: TenantStorage): Promise<StoredRecord<unknown> | undefined> {
  try {
    return await trail.of(unchecked(auditHeads)).find(headId)
  } catch (cause) {
    if (cause instanceof DamagedRowError) return undefined
    throw cause
  }
}

async function putHead(trail: TenantStorage, end: ChainEnd): Promise<boolean> {
  const heads = trail.of(unchecked(auditHeads))
  if (await heads.create({ id: headId, value: end })) return true
  // The current head is broken, or another process has just written the first one.
  if (await readHead(trail)) return false
  await heads.delete(headId)
  return heads.create({ id: headId, value: end })
}

type Fault = 'head_missing' | 'head_altered'

/** The event after which the trail goes on, and the fault of the head. */
async function findEnd(
  trail: TenantStorage,
  head: unknown,
  { hashing }: AppendOptions,
): Promise<{ end: ChainEnd; fault?: Fault }> {
  const isGood = isChainEnd(head)
  if (!(await isRowAfter(trail, isGood ? head.number : 0))) {
    if (isGood) return { end: head }
    return head === undefined ? { end: beginning } : { end: beginning, fault: 'head_altered' }
  }
  return { end: await findLast(trail, hashing), fault: head === undefined ? 'head_missing' : 'head_altered' }
}

async function isRowAfter(trail: TenantStorage, number: number): Promise<boolean> {
  const rows = await trail.of(unchecked(auditEvents)).list({ after: idOf(number), limit: 1 })
  return rows.some(({ id }) => numberOf(id) !== undefined)
}

/** Searches the last event by bisection, because rows can be listed forwards only. */
async function findLast(trail: TenantStorage, hashing: Hashing): Promise<ChainEnd> {
  let row: ListedRecord<unknown> | undefined
  let [low, high] = [0, Number.MAX_SAFE_INTEGER]
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2)
    const [found] = await trail.of(unchecked(auditEvents)).list({ after: idOf(middle), limit: 1 })
    const number = numberOf(found?.id ?? '')
    if (number === undefined) high = middle
    else [low, row] = [number, found]
  }
  const event = row && !isDamaged(row) ? eventsOf(row.value)?.at(-1) : undefined
  return { number: low, hash: hashOf(event, hashing), expires_at: row?.expiresAt ?? 0 }
}

function noteOf(fault: Fault, [first]: readonly WaitingEvent[]): WaitingEvent[] {
  if (!first) return []
  const { tenant } = first.event
  return [{ time: first.time, event: { type: 'audit.gap', tenant, outcome: 'success', reason: fault } }]
}
