import type { TSchema } from '@sinclair/typebox'
import { UnavailableError } from '../protocol/errors.ts'

/**
 * The store of the server, with few methods. When a method resolves, its write is durable. Every method throws {@link StorageError} if the
 * store cannot do its work. The outcome of a write is then unknown.
 */
export interface Storage {
  readonly name: 'memory' | 'sqlite' | 'postgres'
  /** Returns the rows of a tenant. There is no other way to them, so code cannot forget the tenant. */
  of(tenantId: string): TenantStorage
  /**
   * Runs `work` as one transaction: all its writes are done, or none if it throws. `work` may run more than once. So it must change only
   * the storage that it gets, and must not use another one. After a StorageError inside, the transaction fails even if `work` catches the
   * error.
   */
  transaction<T>(work: (storage: Storage) => Promise<T>): Promise<T>
  /** Deletes at most `limit` expired rows of all tenants, the oldest first: those that expired at `before` (ms) or earlier. */
  deleteExpired(before: number, limit: number): Promise<number>
  /** The latest expiry (ms) of any row that expired at `before` or earlier; undefined if none did. */
  findLastExpiry(before: number): Promise<number | undefined>
  /**
   * Checks that the store is still the opened one, as each write does, and does housekeeping. Call it every few seconds. If the store is
   * another one, this and every other method throws from then on.
   */
  tidy(): Promise<void>
  /** The time (whole ms) by the clock of the store; undefined where that is the clock of this process. */
  readClock(): Promise<number | undefined>
  /** Resolves if the store can be read, and throws if not. */
  check(): Promise<void>
  close(): Promise<void>
}

/** The rows of one tenant. */
export interface TenantStorage {
  of<S extends TSchema>(kind: RecordKind<S>): Records<S['static']>
  /** Whether the tenant has any row of another kind than these. */
  hasRows(options: { except: readonly string[] }): Promise<boolean>
  /** Deletes every row of the tenant, except rows of these kinds. */
  deleteAll(options: { except: readonly string[] }): Promise<void>
}

/** A kind of row: its name in the store, and the schema of its values. */
export interface RecordKind<S extends TSchema> {
  readonly name: string
  readonly schema: S
  /** Replaces a damaged value, for kinds for which that is safe. Default: a damaged row is an error. */
  readonly fallback?: S['static']
}

export interface StoredRecord<T> {
  readonly id: string
  readonly value: T
  /** 1, plus one for each {@link Records.replace}. */
  readonly version: number
  /** When the row may be deleted, in milliseconds since the epoch; null: never. */
  readonly expiresAt: number | null
  /** When the row was last touched, in milliseconds since the epoch. */
  readonly usedAt: number | null
  /** The id of the thing that the row belongs to, such as the client of a secret; null: none. */
  readonly parent: string | null
}

/** A row that this build did not write and cannot read. Only its place is known. */
export interface DamagedRow extends Omit<StoredRecord<unknown>, 'value'> {
  readonly damage: DamagedRowError
}

/** An entry of a list. A damaged row is an entry too, so that it does not end the list. */
export type ListedRecord<T> = StoredRecord<T> | DamagedRow

export function isDamaged<T>(row: ListedRecord<T>): row is DamagedRow {
  return 'damage' in row
}

/** The rows that are not damaged. */
export function onlyReadable<T>(rows: readonly ListedRecord<T>[]): StoredRecord<T>[] {
  return rows.filter((row): row is StoredRecord<T> => !isDamaged(row))
}

export interface NewRecord<T> {
  readonly id: string
  readonly value: T
  /** Default null. */
  readonly expiresAt?: number | null
  /** Default null. */
  readonly parent?: string | null
}

/** The row that the first use creates. */
export interface Blank<T> {
  readonly value: T
  readonly parent: string | null
}

export interface ListOptions {
  /** Only rows whose id is greater, by bytes; default: all. */
  readonly after?: string
  readonly limit: number
  /** Only rows of this parent. */
  readonly parent?: string
}

/**
 * Rows of one tenant and one kind. Ids are compared byte for byte. An id that no store can keep unchanged (a NUL, half a surrogate pair)
 * is never found, and creating it throws a TypeError. Expired rows stay until they are deleted, so readers compare with the clock. A
 * damaged row never counts as missing: reading it throws {@link DamagedRowError}, and a list names it.
 */
export interface Records<T> {
  find(id: string): Promise<StoredRecord<T> | undefined>
  /**
   * Returns the row with this id, or another row of the kind if it does not exist, so that both cases take the same time.
   * Callers compare the ids. Undefined if the kind has no row, and for an id that no store can keep.
   */
  findNear(id: string): Promise<StoredRecord<T> | undefined>
  /** Returns the existing rows among these, in no order. Throws {@link DamagedRowError} if one of them is damaged. */
  findMany(ids: readonly string[]): Promise<StoredRecord<T>[]>
  /** Lists rows in the order of ids, by bytes. Damaged rows are in their places. */
  list(options: ListOptions): Promise<ListedRecord<T>[]>
  /** Creates a row. Returns false and changes nothing if the id is taken. */
  create(record: NewRecord<T>): Promise<boolean>
  /** Creates all rows, at most a thousand; or none, and throws {@link StorageError}, if an id is taken. */
  createMany(records: readonly NewRecord<T>[]): Promise<void>
  /** Replaces a row. Returns false and changes nothing unless the row has this version. Without `expiresAt`, the expiry stays. */
  replace(
    id: string,
    value: T,
    options: { readonly ifVersion: number; readonly expiresAt?: number | null },
  ): Promise<boolean>
  /** Deletes a row. Returns whether the row existed. */
  delete(id: string, options?: { readonly ifVersion?: number }): Promise<boolean>
  /**
   * Notes the last use (ms), which never goes back. Returns whether the row exists. The version stays. With `orCreate`, a missing row
   * is created; an id that no store can keep then throws a TypeError.
   */
  touch(id: string, at: number, options?: { readonly orCreate?: Blank<T> }): Promise<boolean>
}

/** The tenant of rows that belong to no tenant. No tenant id is empty. */
export const systemTenant = ''

/** The store cannot do its work. `message` names the store, its error and the next step. It is for the log only. */
export class StorageError extends UnavailableError {}

/** The store must not be used, because it is broken, foreign, or of a newer grantd. `message` says the next step. */
export class StorageRefusedError extends StorageError {}

/** The place of a row. */
export interface RowKey {
  /** Empty for a row that belongs to no tenant. */
  readonly tenant: string
  readonly kind: string
  readonly id: string
}

/** A row that this build did not write and cannot read. `message` names the row and no part of its value. */
export class DamagedRowError extends StorageError {
  readonly key: RowKey

  constructor(key: RowKey, reason: string) {
    const { tenant, kind, id } = key
    const whose = tenant === systemTenant ? 'no tenant' : `tenant '${tenant}'`
    super(
      `The row ${JSON.stringify(id)} of kind ${kind} of ${whose} is damaged: ${reason}; restore it from a backup (see Damaged rows in docs/troubleshooting.md)`,
    )
    this.key = key
  }
}

/** For work on many rows, in which a damaged row must not stop the others. */
export class PassedDamage {
  #first: DamagedRowError | undefined

  /** Returns the error if it is of a damaged row, and throws any other. */
  pass(cause: unknown): DamagedRowError {
    if (!(cause instanceof DamagedRowError)) throw cause
    this.#first ??= cause
    return cause
  }

  /** Throws the first error that was passed. */
  throwFirst(): void {
    if (this.#first) throw this.#first
  }
}

/** Like {@link Records.findMany}, but returns the ids of damaged rows instead of throwing. */
export async function findEach<T>(
  records: Pick<Records<T>, 'findMany'>,
  ids: readonly string[],
): Promise<{ readonly found: StoredRecord<T>[]; readonly damaged: string[] }> {
  try {
    return { found: await records.findMany(ids), damaged: [] }
  } catch (cause) {
    if (!(cause instanceof DamagedRowError)) throw cause
    if (ids.length === 1) return { found: [], damaged: [cause.key.id] }
    const each = await Promise.all(ids.map((id) => findEach(records, [id])))
    return { found: each.flatMap(({ found }) => found), damaged: each.flatMap(({ damaged }) => damaged) }
  }
}

/** Called for each damaged row that does not end an operation. Errors are reported by the code that catches them. */
export type OnDamagedRow = (damage: DamagedRowError) => void

/** Whether every store can keep the id unchanged. */
export function isStorableId(id: string): boolean {
  return id.isWellFormed() && !id.includes('\0')
}
