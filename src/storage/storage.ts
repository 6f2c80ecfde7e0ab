import type { TSchema } from '@sinclair/typebox'
import { UnavailableError } from '../protocol/errors.ts'

/**
 * The memory of the server, in few verbs. What a method acknowledged is durable. Every method throws
 * {@link StorageError} when the store cannot do its work; then nothing is known of the outcome of a write.
 */
export interface Storage {
  readonly name: 'memory' | 'sqlite' | 'postgres'
  /** The only way to rows of a tenant, so that a forgotten tenant filter cannot be written. */
  of(tenantId: string): TenantStorage
  /**
   * Runs `work` as one: all that it writes comes to be, or nothing of it when it throws. It may run more than once, so
   * it must have no effect but on the storage that it is given; it must not use any other. A StorageError inside dooms all
   * of it, even where `work` goes on.
   */
  transaction<T>(work: (storage: Storage) => Promise<T>): Promise<T>
  /** Deletes at most `limit` rows of every tenant that expired at `before` (ms) or earlier, the oldest first. */
  deleteExpired(before: number, limit: number): Promise<number>
  /** The latest time (ms) at `before` or earlier at which a row of any tenant expired; undefined when none expired by then. */
  findLastExpiry(before: number): Promise<number | undefined>
  /**
   * Looks whether the store is still the one that was opened, as each write does before it is answered, and does its housekeeping; to
   * be called every few seconds. A store that
   * is not is used no more: this and every other method throws from then on.
   */
  tidy(): Promise<void>
  /** Resolves when the store can be read and throws otherwise. */
  check(): Promise<void>
  close(): Promise<void>
}

/** The rows of one tenant. */
export interface TenantStorage {
  of<S extends TSchema>(kind: RecordKind<S>): Records<S['static']>
  /** Whether there is any row of the tenant but those of the kinds named. */
  hasRows(options: { except: readonly string[] }): Promise<boolean>
  /** Deletes every row of the tenant but those of the kinds named. */
  deleteAll(options: { except: readonly string[] }): Promise<void>
}

/** A kind of rows: its name in the store, and the shape of its values. */
export interface RecordKind<S extends TSchema> {
  readonly name: string
  readonly schema: S
  /** Stands for a value that is damaged, where this one does as well; left out: such a row is refused. */
  readonly fallback?: S['static']
}

export interface StoredRecord<T> {
  readonly id: string
  readonly value: T
  /** 1, and one more at each {@link Records.replace}. */
  readonly version: number
  /** Milliseconds since the epoch, from which on the row may be deleted; null: never. */
  readonly expiresAt: number | null
  /** Milliseconds since the epoch of the last {@link Records.touch}, or of the {@link Records.consume}. */
  readonly usedAt: number | null
  /** What the row belongs to, such as the client of a secret; null: nothing. */
  readonly parent: string | null
}

/** A row that is there and is not what this grantd writes: nothing may be made of it but its place. */
export interface DamagedRow extends Omit<StoredRecord<unknown>, 'value'> {
  readonly damage: DamagedRowError
}

/** What a list has in the place of each row, so that one that is damaged does not end it. */
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

/** What a row becomes that is made by its first use. */
export interface Blank<T> {
  readonly value: T
  readonly parent: string | null
}

export interface ListOptions {
  /** Rows whose id is greater, in the order of bytes; default: from the first. */
  readonly after?: string
  readonly limit: number
  /** Rows of this parent alone. */
  readonly parent?: string
}

/**
 * Rows of one tenant and one kind. Ids are compared byte for byte; an id that no store can keep as given (a NUL, half a
 * surrogate pair) is never found, and creating it throws a TypeError. Rows that expired are there until they are
 * deleted: whoever reads them looks at the clock. A damaged row is never taken for a missing one: reading it throws
 * {@link DamagedRowError}, and a list names it.
 */
export interface Records<T> {
  find(id: string): Promise<StoredRecord<T> | undefined>
  /**
   * The row of this id, or where there is none another row of the kind, so that it takes as long to find nothing as to find something:
   * whoever asks compares the ids. Undefined when the kind has no row, and for an id that no store can keep.
   */
  findNear(id: string): Promise<StoredRecord<T> | undefined>
  /** Those that are there, in no order. Throws {@link DamagedRowError} when one of them is damaged. */
  findMany(ids: readonly string[]): Promise<StoredRecord<T>[]>
  /** In the order of the bytes of their ids, damaged ones among them. */
  list(options: ListOptions): Promise<ListedRecord<T>[]>
  /** Answers false, and changes nothing, when the id is taken. */
  create(record: NewRecord<T>): Promise<boolean>
  /** Creates all, at most a thousand at once, or none and throws {@link StorageError} when an id is taken. */
  createMany(records: readonly NewRecord<T>[]): Promise<void>
  /** Answers false, and changes nothing, unless the row is there in this version. `expiresAt` is kept when left out. */
  replace(
    id: string,
    value: T,
    options: { readonly ifVersion: number; readonly expiresAt?: number | null },
  ): Promise<boolean>
  /** Answers whether the row was there. */
  delete(id: string, options?: { readonly ifVersion?: number }): Promise<boolean>
  /**
   * Uses the row once: of all callers, at once or one after the other, exactly one is `first`. Undefined when there is no
   * such row.
   */
  consume(id: string, at: number): Promise<{ readonly value: T; readonly first: boolean } | undefined>
  /**
   * Notes the last use (ms), which never goes back; answers whether the row is there. Its version stays. With `orCreate`, one that is
   * not there is made; an id that no store can keep then throws a TypeError.
   */
  touch(id: string, at: number, options?: { readonly orCreate?: Blank<T> }): Promise<boolean>
}

/** The rows that belong to no tenant: no tenant id is empty. */
export const systemTenant = ''

/** The store cannot do its work; `message` says which store, what it said and the next step. For the log alone. */
export class StorageError extends UnavailableError {}

/** The store is there and is not to be used: broken, foreign, or of a newer grantd. `message` says the next step. */
export class StorageRefusedError extends StorageError {}

/** Where a row is. */
export interface RowKey {
  /** Empty for a row that belongs to no tenant. */
  readonly tenant: string
  readonly kind: string
  readonly id: string
}

/** A row is not what this grantd writes. `message` names it and says nothing of what is in it. */
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

/** For work on many things, where a damaged row of one is to keep it from no other. */
export class PassedDamage {
  #first: DamagedRowError | undefined

  /** Answers what was thrown, when it is a damaged row; throws anything else. */
  pass(cause: unknown): DamagedRowError {
    if (!(cause instanceof DamagedRowError)) throw cause
    this.#first ??= cause
    return cause
  }

  /** Throws the first that was passed. */
  throwFirst(): void {
    if (this.#first) throw this.#first
  }
}

/** Like {@link Records.findMany}, with the ids of damaged rows apart, so that each is on its own. */
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

/** Told of each damaged row that a list goes past, or whose value nothing depends on; what is thrown is told by whoever catches it. */
export type OnDamagedRow = (damage: DamagedRowError) => void

/** Whether every store can keep the id as given. */
export function isStorableId(id: string): boolean {
  return id.isWellFormed() && !id.includes('\0')
}
