import type { TSchema } from '@sinclair/typebox'
import { BoundedMap } from '../bounded-map.ts'
import type { RecordKind, Storage } from './storage.ts'

export interface LastUseOptions {
  readonly storage: Storage
  /** See Platform.after. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  /** Told about a store that cannot be written; the uses are kept for the next time. */
  readonly onError: (cause: unknown) => void
}

interface Use {
  readonly tenantId: string
  readonly kind: RecordKind<TSchema>
  readonly id: string
  readonly at: number
  /** What the row becomes where there is none; undefined: then it is left so. */
  readonly create: { readonly parent: string } | undefined
}

/** Kinds and tenants have no space in their names, so no two things share a key, whatever is in an id. */
function keyOf({ tenantId, kind, id }: Use): string {
  return `${kind.name} ${tenantId} ${id}`
}

/** Milliseconds between two writes: a use that is younger may be lost in a crash. */
const pause = 10_000
/**
 * Milliseconds for which a thing that was written is not written again: who asks when it was used last wants to know whether it is in
 * use, and each of a hundred thousand clients would cost a write every ten seconds.
 */
export const usePrecision = 300_000
/** Things whose last write is remembered, at some hundred bytes each; twice as many at most. */
const mostRemembered = 25_000
/** Writes that are begun at once: storages make one commit of them, on the event loop. */
const writtenAtOnce = 200
/** Rows that wait to be written; beyond them the newest are left out until the next use. */
const mostWaiting = 10_000

/**
 * Keeps when things were used last, to within five minutes, without a write at each use: those that were not written lately are
 * written together, every ten seconds.
 */
export class LastUse {
  readonly #options: LastUseOptions
  #waiting = new Map<string, Use>()
  /** When things were written last, by key. A thing that is dropped is only written once more. */
  readonly #writtenAt = new BoundedMap<number>({ most: mostRemembered })
  #cancel: (() => void) | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(options: LastUseOptions) {
    this.#options = options
  }

  /** Answers whether it is written, or will be: not while too many others wait. */
  note(use: Use): boolean {
    const key = keyOf(use)
    if (this.#isRecent(key, use.at)) return true
    if (this.#waiting.size >= mostWaiting && !this.#waiting.has(key)) return false
    this.#waiting.set(key, use)
    this.#cancel ??= this.#options.after(pause, () => void this.flush())
    return true
  }

  #isRecent(key: string, at: number): boolean {
    const last = this.#writtenAt.get(key)
    return last !== undefined && Math.abs(at - last) < usePrecision
  }

  /** Writes what waits; never throws. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const uses = this.#waiting
    this.#waiting = new Map()
    this.#flushing = this.#flushing.then(() => this.#write(uses))
    return this.#flushing
  }

  async #write(uses: ReadonlyMap<string, Use>): Promise<void> {
    const failures: unknown[] = []
    const write = async ([key, use]: readonly [string, Use]) => {
      try {
        await this.#writeOne(use)
        this.#writtenAt.set(key, use.at)
      } catch (cause) {
        failures.push(cause)
        this.#keep(key, use)
      }
    }
    const all = [...uses]
    for (let from = 0; from < all.length; from += writtenAtOnce)
      await Promise.all(all.slice(from, from + writtenAtOnce).map(write))
    const [failure] = failures
    if (failure !== undefined) this.#options.onError(failure)
  }

  /** For the next time, unless a later use waits already. */
  #keep(key: string, use: Use): void {
    if (!this.#waiting.has(key)) this.note(use)
  }

  async #writeOne({ tenantId, kind, id, at, create }: Use): Promise<void> {
    const records = this.#options.storage.of(tenantId).of(kind)
    await records.touch(id, at, create ? { orCreate: { value: {}, parent: create.parent } } : {})
  }
}
