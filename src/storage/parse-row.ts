import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { earliestMoment, latestMoment } from '../protocol/moment.ts'
import {
  DamagedRowError,
  isDamaged,
  type ListedRecord,
  type OnDamagedRow,
  type RecordKind,
  type StoredRecord,
} from './storage.ts'

/** A row as a store has it, by the names of its columns. SQLite does not enforce types, so numbers can be of any type. */
export type RawRow = Readonly<Record<string, unknown>>

/** Characters of the largest value. Our rows are much smaller, and parsing more would block every request. */
export const largestValue = 32 * 1024 * 1024

/** The owner, the kind and the expected values of rows. */
export interface RowsOf<S extends TSchema> {
  readonly tenantId: string
  readonly kind: RecordKind<S>
  readonly onDamaged: OnDamagedRow
}

/** Parses a row. Throws {@link DamagedRowError}. */
export function parseRow<S extends TSchema>(row: RawRow, of: RowsOf<S>): StoredRecord<S['static']> {
  const parsed = readRow(row, of)
  if (isDamaged(parsed)) throw parsed.damage
  return parsed
}

/** Parses a row near an id; undefined if it is damaged and has another id. Throws {@link DamagedRowError}. */
export function parseNearRow<S extends TSchema>(
  row: RawRow,
  id: string,
  of: RowsOf<S>,
): StoredRecord<S['static']> | undefined {
  const parsed = readRow(row, of)
  if (!isDamaged(parsed)) return parsed
  if (row['id'] === id) throw parsed.damage
  return undefined
}

/** Parses rows. A damaged row stays in its place and is reported. */
export function parseRows<S extends TSchema>(
  rows: readonly RawRow[],
  of: RowsOf<S>,
): ListedRecord<S['static']>[] {
  return rows.map((row) => {
    const parsed = readRow(row, of)
    if (isDamaged(parsed)) of.onDamaged(parsed.damage)
    return parsed
  })
}

function readRow<S extends TSchema>(
  row: RawRow,
  { tenantId, kind, onDamaged }: RowsOf<S>,
): ListedRecord<S['static']> {
  const id = String(row['id'])
  const version = Number(row['version'])
  const expiresAt = readNumber(row['expires_at'])
  const usedAt = readNumber(row['used_at'])
  const parent = row['parent'] === null ? null : String(row['parent'])
  const areNumbers = Number.isSafeInteger(version) && isNumber(expiresAt) && isTime(usedAt)
  const value = areNumbers ? readValue(row['value'], kind.schema) : numbersDamaged
  if (!(value instanceof Damage)) return { id, value, version, expiresAt, usedAt, parent }
  const damage = new DamagedRowError({ tenant: tenantId, kind: kind.name, id }, value.reason)
  if (kind.fallback === undefined || !areNumbers) return { id, version, expiresAt, usedAt, parent, damage }
  onDamaged(damage)
  return { id, value: kind.fallback, version, expiresAt, usedAt, parent }
}

/** Reads a number. Returns NaN for a text, because SQLite can keep a text in a column of numbers. */
function readNumber(column: unknown): number | null {
  return column === null ? null : Number(column)
}

function isNumber(value: number | null): boolean {
  return value === null || Number.isSafeInteger(value)
}

/** Whether the number is a time that a Date can represent. */
function isTime(value: number | null): boolean {
  return isNumber(value) && (value === null || (value >= earliestMoment && value <= latestMoment))
}

function readValue<S extends TSchema>(text: unknown, schema: S): S['static'] | Damage {
  if (typeof text !== 'string') return new Damage('its value is no text')
  if (text.length > largestValue) return new Damage(`its value has ${text.length} characters`)
  try {
    const value: unknown = JSON.parse(text)
    if (Value.Check(schema, value)) return value
    const path = Value.Errors(schema, value).First()?.path ?? ''
    return new Damage(`its value is wrong at ${JSON.stringify(path.slice(0, longestPath) || '/')}`)
  } catch {
    // The parser's message quotes the value, so it is not used.
    return new Damage('its value is not JSON')
  }
}

const longestPath = 100

/** The reason why a value cannot be used. It is a class, so that it cannot be confused with a value. */
class Damage {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

const numbersDamaged = new Damage('its version or a time of it is no number')
