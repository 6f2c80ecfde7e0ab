import type { TSchema } from '@sinclair/typebox'
import { parseNearRow, parseRow, parseRows, type RawRow, type RowsOf } from './parse-row.ts'
import {
  type Blank,
  isStorableId,
  type ListedRecord,
  type ListOptions,
  type NewRecord,
  type OnDamagedRow,
  type RecordKind,
  type Records,
  type Storage,
  StorageError,
  type StoredRecord,
  type TenantStorage,
} from './storage.ts'

interface Row extends Omit<StoredRecord<unknown>, 'value'> {
  readonly tenant: string
  readonly kind: string
  /** JSON, as in the other stores, so that no caller shares an object with the store. */
  readonly value: string
}

type Rows = Map<string, Row>

/** Storage that ends with the process: for demos and tests. */
export function createMemoryStorage(onDamaged: OnDamagedRow = () => {}): Storage {
  const last = Promise.resolve()
  return new MemoryStorage({ rows: new Map(), samples: new Map(), last, closed: false, onDamaged })
}

interface State {
  rows: Rows
  /** One created row by tenant and kind. findNear returns it in place of a missing row. */
  readonly samples: Map<string, Row>
  /** Resolves at the end of the last write or transaction. They run one after the other. */
  last: Promise<unknown>
  closed: boolean
  readonly onDamaged: OnDamagedRow
  /** The error that makes this transaction fail. */
  fault?: StorageError
}

class MemoryStorage implements Storage {
  readonly name = 'memory'
  readonly #state: State

  constructor(state: State) {
    this.#state = state
  }

  of(tenant: string): TenantStorage {
    const state = this.#state
    return {
      of: (kind) => new MemoryRecords(state, tenant, kind),
      hasRows: async ({ except }) => {
        checkOpen(state)
        return [...state.rows.values()].some((row) => row.tenant === tenant && !except.includes(row.kind))
      },
      deleteAll: ({ except }) =>
        write(state, (rows) => {
          for (const [key, row] of rows) {
            if (row.tenant === tenant && !except.includes(row.kind)) rows.delete(key)
          }
        }),
    }
  }

  transaction<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
    checkOpen(this.#state)
    return inTurn(this.#state, async () => {
      const { rows, samples, onDamaged } = this.#state
      const inside: State = {
        rows: new Map(rows),
        samples,
        last: Promise.resolve(),
        closed: false,
        onDamaged,
      }
      const result = await work(new MemoryStorage(inside))
      if (inside.fault) throw inside.fault
      this.#state.rows = inside.rows
      return result
    })
  }

  deleteExpired(before: number, limit: number): Promise<number> {
    return write(this.#state, (rows) => {
      const expired = [...rows]
        .filter(([, { expiresAt }]) => expiresAt !== null && expiresAt <= before)
        .sort(([, a], [, b]) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0) || compareBytes(a.id, b.id))
        .slice(0, limit)
      for (const [key] of expired) rows.delete(key)
      return expired.length
    })
  }

  async findLastExpiry(before: number): Promise<number | undefined> {
    checkOpen(this.#state)
    let last: number | undefined
    for (const { expiresAt } of this.#state.rows.values())
      if (expiresAt !== null && expiresAt <= before && expiresAt > (last ?? Number.NEGATIVE_INFINITY))
        last = expiresAt
    return last
  }

  async tidy(): Promise<void> {
    checkOpen(this.#state)
  }

  async readClock(): Promise<undefined> {}

  async check(): Promise<void> {
    checkOpen(this.#state)
  }

  async close(): Promise<void> {
    this.#state.closed = true
  }
}

class MemoryRecords<S extends TSchema> implements Records<S['static']> {
  readonly #state: State
  readonly #of: RowsOf<S>

  constructor(state: State, tenant: string, kind: RecordKind<S>) {
    this.#state = state
    this.#of = { tenantId: tenant, kind, onDamaged: state.onDamaged }
  }

  #key(id: string): string {
    return JSON.stringify([this.#of.tenantId, this.#of.kind.name, id])
  }

  #read(id: string): Row | undefined {
    checkOpen(this.#state)
    return isStorableId(id) ? this.#state.rows.get(this.#key(id)) : undefined
  }

  async find(id: string): Promise<StoredRecord<S['static']> | undefined> {
    const row = this.#read(id)
    return row && parseRow(toRaw(row), this.#of)
  }

  async findNear(id: string): Promise<StoredRecord<S['static']> | undefined> {
    const row = this.#read(id) ?? this.#state.samples.get(this.#key(''))
    return row && isStorableId(id) ? parseNearRow(toRaw(row), id, this.#of) : undefined
  }

  async findMany(ids: readonly string[]): Promise<StoredRecord<S['static']>[]> {
    return [...new Set(ids)].flatMap((id) => {
      const row = this.#read(id)
      return row ? [parseRow(toRaw(row), this.#of)] : []
    })
  }

  async list({ after = '', limit, parent }: ListOptions): Promise<ListedRecord<S['static']>[]> {
    checkOpen(this.#state)
    if (!isStorableId(after)) return []
    const found = [...this.#state.rows.values()]
      .filter((row) => row.tenant === this.#of.tenantId && row.kind === this.#of.kind.name)
      .filter((row) => compareBytes(row.id, after) > 0 && (parent === undefined || row.parent === parent))
      .sort((a, b) => compareBytes(a.id, b.id))
      .slice(0, limit)
    return parseRows(found.map(toRaw), this.#of)
  }

  create(record: NewRecord<S['static']>): Promise<boolean> {
    const row = this.#build(record)
    return write(this.#state, (rows) => {
      if (rows.has(this.#key(row.id))) return false
      rows.set(this.#key(row.id), row)
      return true
    })
  }

  createMany(records: readonly NewRecord<S['static']>[]): Promise<void> {
    const added = records.map((record) => this.#build(record))
    return write(this.#state, (rows) => {
      const keys = new Set(added.map(({ id }) => this.#key(id)))
      if (keys.size < added.length || [...keys].some((key) => rows.has(key))) {
        this.#state.fault = new StorageError('A row of one of these ids is there already')
        throw this.#state.fault
      }
      for (const row of added) rows.set(this.#key(row.id), row)
    })
  }

  #build({ id, value, expiresAt = null, parent = null }: NewRecord<S['static']>): Row {
    if (!isStorableId(id)) throw new TypeError(`No store can keep the id ${JSON.stringify(id)} as given`)
    const text = JSON.stringify(value)
    const { name: kind } = this.#of.kind
    const times = { version: 1, expiresAt, usedAt: null }
    const row: Row = { tenant: this.#of.tenantId, kind, id, value: text, parent, ...times }
    this.#state.samples.set(this.#key(''), row)
    return row
  }

  replace(
    id: string,
    value: S['static'],
    { ifVersion, expiresAt }: { readonly ifVersion: number; readonly expiresAt?: number | null },
  ): Promise<boolean> {
    const text = JSON.stringify(value)
    return this.#change(id, (row) =>
      row.version === ifVersion
        ? {
            ...row,
            value: text,
            version: row.version + 1,
            ...(expiresAt !== undefined && { expiresAt }),
          }
        : undefined,
    )
  }

  delete(id: string, { ifVersion }: { readonly ifVersion?: number } = {}): Promise<boolean> {
    return write(this.#state, (rows) => {
      const row = this.#read(id)
      const isMeant = row !== undefined && (ifVersion === undefined || row.version === ifVersion)
      return isMeant && rows.delete(this.#key(id))
    })
  }

  touch(
    id: string,
    at: number,
    { orCreate }: { readonly orCreate?: Blank<S['static']> } = {},
  ): Promise<boolean> {
    const blank = orCreate && { ...this.#build({ ...orCreate, id }), usedAt: at }
    if (blank) return this.#touchOrCreate(blank)
    return this.#change(id, (row) => ({ ...row, usedAt: Math.max(row.usedAt ?? at, at) }))
  }

  #touchOrCreate(blank: Row & { readonly usedAt: number }): Promise<boolean> {
    return write(this.#state, (rows) => {
      const { usedAt: at } = blank
      const row = this.#read(blank.id)
      rows.set(this.#key(blank.id), row ? { ...row, usedAt: Math.max(row.usedAt ?? at, at) } : blank)
      return true
    })
  }

  /** Returns whether the row is there and `change` returned a new one. */
  #change(id: string, change: (row: Row) => Row | undefined): Promise<boolean> {
    return write(this.#state, (rows) => {
      const row = this.#read(id)
      const changed = row && change(row)
      if (changed) rows.set(this.#key(id), changed)
      return changed !== undefined
    })
  }
}

function toRaw({ expiresAt: expires_at, usedAt: used_at, ...row }: Row): RawRow {
  return { ...row, expires_at, used_at }
}

function checkOpen({ closed }: State): void {
  if (closed) throw new StorageError('The storage is closed')
}

async function write<T>(state: State, work: (rows: Rows) => T): Promise<T> {
  checkOpen(state)
  return inTurn(state, async () => work(state.rows))
}

function inTurn<T>(state: State, work: () => Promise<T>): Promise<T> {
  const turn = state.last.then(work)
  state.last = turn.catch(() => {})
  return turn
}

/** Compares by UTF-8 bytes, which is the order of code points and not of JavaScript strings. */
function compareBytes(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  const at = left.findIndex((character, index) => character !== right[index])
  if (at < 0) return left.length - right.length
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1)
}
