import type { Platform } from '../platform/platform.ts'
import { onlyReadable, type Records, type Storage, systemTenant } from '../storage/storage.ts'
import { walkRows } from '../storage/walk-rows.ts'
import { type RefusalRow, refusals } from './refusal-row.ts'
import { RowBudget } from './row-budget.ts'
import { tidyText } from './tidy-text.ts'

/** A request that was refused, and why. */
export interface Refusal extends RefusalRow {
  readonly requestId: string
}

export interface RefusalBookOptions extends Pick<Platform, 'after' | 'now' | 'randomBytes'> {
  readonly storage: Storage
  /** Milliseconds for which a refusal is kept. */
  readonly life: () => number
  /** Called when refusals cannot be written, once until they can again. They stay in memory. */
  readonly onError: (cause: unknown) => void
}

/** Milliseconds between the first refusal and the write. */
const pause = 500
/** Refusals in memory. */
const mostRecent = 1000
/** Refusals that are shown of one id, which its senders may have chosen. */
const mostShown = 20
/** Rows that are read at once. */
const pageSize = 100

type Wanted = (refusal: Refusal) => boolean

/** A refusal of this process, and how many came up to it. */
interface Recent {
  readonly number: number
  readonly refusal: Refusal
}

interface Kept {
  readonly id: string
  readonly refusal: Refusal
}

/** What is shown of one id. */
export interface FoundRefusals {
  /** The newest ones, at most 20, the oldest of them first. */
  readonly refusals: readonly Refusal[]
  /** How many older ones are left out. */
  readonly leftOut: number
}

/** Keeps refusals: the last ones in memory, and within a budget all of them in the storage. */
export class RefusalBook {
  readonly #options: RefusalBookOptions
  readonly #budget = new RowBudget()
  readonly #recent: Recent[] = []
  /** Tells the rows of processes apart. */
  readonly #process: string
  #count = 0
  #isFailing = false
  #waiting: Recent[] = []
  #cancel: (() => void) | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: RefusalBookOptions) {
    this.#options = options
    this.#process = options.randomBytes(6).toHex()
  }

  /** Keeps a refusal. No request waits for the write. `address` is that of the sender. */
  note(found: Refusal, address: string | undefined): void {
    const { saw, wanted } = found
    const texts = { saw: saw && tidyText(saw), wanted: wanted && tidyText(wanted) }
    const refusal = { ...found, ...texts, ...(address !== undefined && { address }) }
    const place = this.#count++ % mostRecent
    const recent = { number: this.#count, refusal }
    this.#recent[place] = recent
    if (!this.#budget.admit(refusal, { address, now: refusal.at })) return
    this.#waiting.push(recent)
    this.#cancel ??= this.#options.after(pause, () => void this.flush())
  }

  /** The newest refusals of a request that are wanted; those of other processes a moment after the answer. Throws StorageError. */
  async find(requestId: string, isWanted: Wanted = () => true): Promise<FoundRefusals> {
    const earliest = this.#options.now() - this.#options.life()
    const newest = new Newest((refusal) => refusal.at > earliest && isWanted(refusal))
    const recent = this.#recent.filter(({ refusal }) => refusal.requestId === requestId)
    const unseen = new Map(recent.map((each) => this.#withId(each)).map((kept) => [kept.id, kept]))
    for await (const kept of walkRefusals(this.#options.storage, requestId)) {
      unseen.delete(kept.id)
      newest.add(kept)
    }
    for (const kept of unseen.values()) newest.add(kept)
    return newest.found
  }

  /** Made where it is wanted, because in a flood nearly no refusal needs one. */
  #withId({ number, refusal }: Recent): Kept {
    const moment = String(refusal.at).padStart(15, '0')
    return { id: `${moment}.${this.#process}.${String(number).padStart(12, '0')}`, refusal }
  }

  /** Writes the refusals that wait; never throws. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const waiting = this.#waiting.map((each) => this.#withId(each))
    this.#waiting = []
    if (waiting.length > 0) this.#writing = this.#writing.then(() => this.#write(waiting))
    return this.#writing
  }

  async #write(waiting: readonly Kept[]): Promise<void> {
    const life = this.#options.life()
    const rows = waiting.map(({ id, refusal: { requestId, ...value } }) => ({
      ...{ id, value, parent: requestId, expiresAt: value.at + life },
    }))
    try {
      await recordsOf(this.#options.storage).createMany(rows)
      this.#isFailing = false
    } catch (cause) {
      if (!this.#isFailing) this.#options.onError(cause)
      this.#isFailing = true
    }
  }
}

/** The newest stored refusals of a request that are wanted. Throws StorageError. */
export async function findRefusals(
  storage: Storage,
  requestId: string,
  isWanted: Wanted = () => true,
): Promise<FoundRefusals> {
  const newest = new Newest(isWanted)
  for await (const kept of walkRefusals(storage, requestId)) newest.add(kept)
  return newest.found
}

/** Those of the storage, in the order of time. */
async function* walkRefusals(storage: Storage, requestId: string): AsyncGenerator<Kept> {
  for await (const page of walkRows(recordsOf(storage), { parent: requestId, pageSize })) {
    for (const { id, value } of onlyReadable(page)) yield { id, refusal: { requestId, ...value } }
  }
}

/**
 * The last ones, because a sender may give each of its requests the same id, and who asks has just sent the newest. Those that are not
 * wanted do not count, or a sender who knows the id could fill the answer of another tenant.
 */
class Newest {
  readonly #isWanted: Wanted
  /** In the order of ids, which is that of time. */
  readonly #kept: Kept[] = []
  #count = 0

  constructor(isWanted: Wanted) {
    this.#isWanted = isWanted
  }

  add(kept: Kept): void {
    if (!this.#isWanted(kept.refusal)) return
    this.#count++
    const place = this.#kept.findLastIndex(({ id }) => id < kept.id) + 1
    this.#kept.splice(place, 0, kept)
    if (this.#kept.length > mostShown) this.#kept.shift()
  }

  get found(): FoundRefusals {
    return {
      refusals: this.#kept.map(({ refusal }) => refusal),
      leftOut: this.#count - this.#kept.length,
    }
  }
}

function recordsOf(storage: Storage): Records<RefusalRow> {
  return storage.of(systemTenant).of(refusals)
}
