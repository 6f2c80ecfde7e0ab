import { BoundedMap } from '../bounded-map.ts'
import type { Platform } from '../platform/platform.ts'
import { groupOf } from './address-group.ts'
import type { KnownRows } from './known-rows.ts'
import { PacedLooks } from './paced-looks.ts'
import { type Subject, textOf } from './subject.ts'

export interface KnownAddressesOptions extends Pick<Platform, 'after' | 'now'> {
  readonly rows: KnownRows
  /** Called when the storage cannot be used. The noted pairs are written later. */
  readonly onError: (cause: unknown) => void
}

/** Milliseconds between two writes. A crash may lose the successes since the last one. */
const pause = 1000
/** Tenants whose pairs are written at once, so that many new clients do not cause a burst of writes. */
const tenantsAtOnce = 50
/** Milliseconds after which a pair in use is written again, so that it does not expire. */
const renewEvery = 7 * 86_400_000
/** Pairs in memory, at some hundred bytes each; twice as many at most. */
const mostRemembered = 25_000
/** Pairs that wait to be written at most; further ones are noted at their next success. */
const mostWaiting = 10_000

interface Waiting {
  readonly subject: Subject
  readonly group: string
}

/** The addresses from which subjects succeeded: in memory at once, and in the storage a moment later. */
export class KnownAddresses {
  readonly #options: KnownAddressesOptions
  /** When each pair was noted (ms since the epoch). Dropped pairs are in the storage. */
  readonly #notedAt = new BoundedMap<number>({ most: mostRemembered })
  readonly #looks = new PacedLooks()
  #waiting = new Map<string, Waiting>()
  #cancel: (() => void) | undefined
  #isWriting = false
  #flushing: Promise<void> = Promise.resolve()
  #failures = 0

  constructor(options: KnownAddressesOptions) {
    this.#options = options
  }

  /** Notes a success. If successes follow without a pause, notes one per second, or, with `isEach`, each of them. */
  note(subject: Subject, { isEach }: { readonly isEach: boolean }): void {
    const { now, after } = this.#options
    if (!isEach && !this.#looks.isDue(`${subject.tenantId} ${textOf(subject)}`, now())) return
    const group = groupOf(subject.address())
    const name = nameOf(subject, group)
    const notedAt = this.#notedAt.get(name)
    if (notedAt !== undefined && Math.abs(now() - notedAt) < renewEvery) return
    if (this.#waiting.size >= mostWaiting) return
    this.#notedAt.set(name, now())
    this.#waiting.set(name, { subject, group })
    // The end of a write plans the next.
    if (!this.#isWriting) this.#cancel ??= after(pause, () => void this.flush())
  }

  /** Whether this process saw a success. */
  remembers(subject: Subject): boolean {
    return this.#notedAt.has(nameOf(subject, groupOf(subject.address())))
  }

  /** Whether any process saw a success. While the storage is away, only successes in this process count. */
  async has(subject: Subject): Promise<boolean> {
    if (this.remembers(subject)) return true
    try {
      return await this.#options.rows.has(subject, groupOf(subject.address()))
    } catch (cause) {
      this.#tell(cause)
      return false
    }
  }

  /** Writes all waiting pairs; never throws. */
  flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    this.#flushing = this.#flushing.then(() => this.#writeSome())
    return this.#flushing
  }

  async #writeSome(): Promise<void> {
    this.#isWriting = true
    const tenants = Map.groupBy(this.#waiting, ([, { subject }]) => subject.tenantId)
    await Promise.all([...tenants].slice(0, tenantsAtOnce).map(([id, waiting]) => this.#write(id, waiting)))
    this.#isWriting = false
    const delay = Math.min(30_000, pause * 2 ** this.#failures)
    if (this.#waiting.size > 0) this.#cancel ??= this.#options.after(delay, () => void this.flush())
  }

  async #write(tenantId: string, waiting: readonly (readonly [string, Waiting])[]): Promise<void> {
    try {
      await this.#options.rows.add(
        tenantId,
        waiting.map(([, pair]) => pair),
      )
      for (const [name] of waiting) this.#waiting.delete(name)
      this.#failures = 0
    } catch (cause) {
      this.#tell(cause)
    }
  }

  #tell(cause: unknown): void {
    if (this.#failures++ === 0) this.#options.onError(cause)
  }
}

/** No tenant and no kind has a space in it. */
function nameOf(subject: Subject, group: string): string {
  return `${subject.tenantId} ${group} ${textOf(subject)}`
}
