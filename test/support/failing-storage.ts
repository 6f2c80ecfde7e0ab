import type { TSchema } from '@sinclair/typebox'
import {
  onlyReadable,
  type RecordKind,
  type Records,
  type Storage,
  StorageError,
  type TenantStorage,
} from '../../src/storage/storage.ts'

/** A storage with a switch: while it fails, every call throws StorageError. It counts what it is asked. */
export interface FailingStorage extends Storage {
  failing: boolean
  /** So many more calls work, and the one after them fails; undefined: none does. It is undefined again once one has failed. */
  failAfter: number | undefined
  /** Runs once, after the first call with this text has been answered: what happens elsewhere in that moment; undefined: nothing does. */
  meanwhile: { readonly call: string; readonly work: () => Promise<unknown> } | undefined
  /** What each call waits for before it is made; undefined: nothing. */
  pause: (() => Promise<unknown>) | undefined
  /** Whether the answer of a call is lost: it is done, and throws; undefined: none is. */
  loses: ((call: string) => boolean) | undefined
  /** Tenant, kind and method of every call that was made, such as `acme client find`; the id is left out. */
  readonly calls: string[]
}

interface Wrapped {
  /** Counts a call, then does its work or fails. */
  readonly ask: <T>(call: string, work: () => Promise<T>) => Promise<T>
}

export function failingStorage(inner: Storage): FailingStorage {
  const state: Omit<FailingStorage, keyof Storage> = {
    failing: false,
    failAfter: undefined,
    meanwhile: undefined,
    pause: undefined,
    loses: undefined,
    calls: [],
  }
  const ask: Wrapped['ask'] = async (call, work) => {
    state.calls.push(call)
    const isTurn = state.failAfter === 0
    if (state.failAfter !== undefined) state.failAfter = isTurn ? undefined : state.failAfter - 1
    if (state.failing || isTurn) throw new StorageError('The storage of the test is switched off')
    if (state.pause) await state.pause()
    const answer = await work()
    if (state.loses?.(call)) throw new StorageError('The answer of the storage of the test was lost')
    const { meanwhile } = state
    if (meanwhile?.call !== call) return answer
    state.meanwhile = undefined
    await meanwhile.work()
    return answer
  }
  return Object.assign(state, wrapStorage(inner, { ask }))
}

function wrapStorage(inner: Storage, wrapped: Wrapped): Storage {
  const { ask } = wrapped
  return {
    name: inner.name,
    of: (tenant) => wrapTenant(tenant, inner.of(tenant), wrapped),
    transaction: (work) =>
      ask('transaction', () => inner.transaction((storage) => work(wrapStorage(storage, wrapped)))),
    deleteExpired: (before, limit) => ask('deleteExpired', () => inner.deleteExpired(before, limit)),
    findLastExpiry: (before) => ask('findLastExpiry', () => inner.findLastExpiry(before)),
    tidy: () => ask('tidy', () => inner.tidy()),
    check: () => ask('check', () => inner.check()),
    readClock: () => inner.readClock(),
    close: () => inner.close(),
  }
}

function wrapTenant(tenant: string, inner: TenantStorage, wrapped: Wrapped): TenantStorage {
  return {
    of: (kind) => wrapRecords(inner.of(kind), `${tenant} ${kind.name}`, wrapped),
    hasRows: (options) => wrapped.ask(`${tenant} hasRows`, () => inner.hasRows(options)),
    deleteAll: (options) => wrapped.ask(`${tenant} deleteAll`, () => inner.deleteAll(options)),
  }
}

function wrapRecords<T>(inner: Records<T>, place: string, { ask }: Wrapped): Records<T> {
  return {
    find: (id) => ask(`${place} find`, () => inner.find(id)),
    findNear: (id) => ask(`${place} findNear`, () => inner.findNear(id)),
    findMany: (ids) => ask(`${place} findMany`, () => inner.findMany(ids)),
    list: (options) => ask(`${place} list`, () => inner.list(options)),
    create: (record) => ask(`${place} create`, () => inner.create(record)),
    createMany: (records) => ask(`${place} createMany`, () => inner.createMany(records)),
    replace: (id, value, options) => ask(`${place} replace`, () => inner.replace(id, value, options)),
    delete: (id, options) => ask(`${place} delete`, () => inner.delete(id, options)),
    touch: (id, at, options) => ask(`${place} touch`, () => inner.touch(id, at, options)),
  }
}

/** The rows of one kind, as tests look at them. */
export async function rowsOf<S extends TSchema>(storage: Storage, tenant: string, kind: RecordKind<S>) {
  return onlyReadable(await storage.of(tenant).of(kind).list({ limit: 20_000 }))
}

/** Pauses of so many turns of the microtasks, call by call. */
export function pausesOf(ticks: readonly number[]): () => Promise<void> {
  let call = 0
  return async () => {
    for (let left = ticks[call++ % ticks.length] ?? 0; left > 0; left--) await undefined
  }
}
