import type { TSchema } from '@sinclair/typebox'
import { BoundedMap } from '../bounded-map.ts'
import type { RecordKind, Storage } from './storage.ts'

export interface LastUseOptions {
  readonly storage: Storage
  /** See Platform.after. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  /** Called if the store cannot be written. The uses are kept for the next time. */
  readonly onError: (cause: unknown) => void
  /** Whether the secret or key is still there, for which a row was just created. */
  readonly isThere: (used: Pick<Use, 'tenantId' | 'id'>) => Promise<boolean>
}

interface Use {
  readonly tenantId: string
  readonly kind: RecordKind<TSchema>
  readonly id: string
  readonly at: number
  /** How to create the row if there is none; undefined: nothing is created. */
  readonly create: { readonly parent: string } | undefined
}

/** Names of kinds and tenants have no space, so two uses never share a key, even if an id has a space. */
function keyOf({ tenantId, kind, id }: Use): string {
  return `${kind.name} ${tenantId} ${id}`
}

/** Milliseconds between two writes. A crash can lose the uses of this time. */
const pause = 10_000
/**
 * Milliseconds in which a use is not written again. Otherwise each of a hundred thousand clients would cost a write every ten seconds, and
 * readers need not know the last use more precisely.
 */
export const usePrecision = 300_000
/** Remembered writes, at about a hundred bytes each; at most twice as many. */
const mostRemembered = 25_000
/** Writes that begin together. Storages make one commit of them, on the event loop. */
const writtenAtOnce = 200
/** Waiting rows. If there are more, the newest are left out until the next use. */
const mostWaiting = 10_000

/**
 * Keeps the time of the last use of secrets and keys, to within five minutes, without a write at each use. Every ten seconds, it writes
 * the uses that were not written in the last five minutes.
 */
export class LastUse {
  readonly #options: LastUseOptions
  #waiting = new Map<string, Use>()
  /** The time of the last write of each key. If a key is dropped from the map, the only cost is one more write. */
  readonly #writtenAt = new BoundedMap<number>({ most: mostRemembered })
  #cancel: (() => void) | undefined
  #flushing: Promise<void> = Promise.resolve()
  /** Those that run or wait for their turn. */
  #writes = 0

  constructor(options: LastUseOptions) {
    this.#options = options
  }

  /** Returns whether the use is written or will be; false while too many others wait. */
  note(use: Use): boolean {
    const key = keyOf(use)
    if (this.#isRecent(key, use.at)) return true
    if (this.#waiting.size >= mostWaiting && !this.#waiting.has(key)) return false
    this.#waiting.set(key, use)
    this.#schedule()
    return true
  }

  /** During a write none is planned, so that nothing piles up behind a slow storage. The end of the write plans the next. */
  #schedule(): void {
    if (this.#writes === 0) this.#cancel ??= this.#options.after(pause, () => void this.flush())
  }

  #isRecent(key: string, at: number): boolean {
    const last = this.#writtenAt.get(key)
    return last !== undefined && Math.abs(at - last) < usePrecision
  }

  /** Writes all waiting uses; never throws. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const uses = this.#waiting
    this.#waiting = new Map()
    this.#writes++
    this.#flushing = this.#flushing.then(async () => {
      await this.#write(uses)
      this.#writes--
      if (this.#waiting.size > 0) this.#schedule()
    })
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

  /** Puts uses back for the next time, unless a later use waits already. */
  #keep(key: string, use: Use): void {
    if (!this.#waiting.has(key)) this.note(use)
  }

  async #writeOne({ tenantId, kind, id, at, create }: Use): Promise<void> {
    const records = this.#options.storage.of(tenantId).of(kind)
    if ((await records.touch(id, at)) || !create) return
    await records.touch(id, at, { orCreate: { value: {}, parent: create.parent } })
    // A use waits for seconds, and what was used may be deleted meanwhile. The look comes after the write: a deletion after the look takes
    // the row along. In doubt, the row stays.
    const isThere = await this.#options.isThere({ tenantId, id }).catch(() => true)
    if (!isThere) await records.delete(id)
  }
}
