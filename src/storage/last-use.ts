import type { TSchema } from '@sinclair/typebox'
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
/** Rows that wait to be written; beyond them the newest are left out until the next use. */
const mostWaiting = 10_000

/** Keeps when things were used last without a write at each use: one write of all of them, every ten seconds. */
export class LastUse {
  readonly #options: LastUseOptions
  #waiting = new Map<string, Use>()
  #cancel: (() => void) | undefined
  #flushing: Promise<void> = Promise.resolve()

  constructor(options: LastUseOptions) {
    this.#options = options
  }

  note(use: Use): void {
    const key = keyOf(use)
    if (this.#waiting.size >= mostWaiting && !this.#waiting.has(key)) return
    this.#waiting.set(key, use)
    this.#cancel ??= this.#options.after(pause, () => void this.flush())
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
      } catch (cause) {
        failures.push(cause)
        this.#keep(key, use)
      }
    }
    await Promise.all([...uses].map(write))
    const [failure] = failures
    if (failure !== undefined) this.#options.onError(failure)
  }

  /** For the next time, unless a later use waits already. */
  #keep(key: string, use: Use): void {
    if (!this.#waiting.has(key)) this.note(use)
  }

  async #writeOne({ tenantId, kind, id, at, create }: Use): Promise<void> {
    const records = this.#options.storage.of(tenantId).of(kind)
    if ((await records.touch(id, at)) || !create) return
    await records.create({ id, value: {}, parent: create.parent })
    await records.touch(id, at)
  }
}
