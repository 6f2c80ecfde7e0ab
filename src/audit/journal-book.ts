import { bucketOf, bucketOfRow } from './audit-journal.ts'

/** Milliseconds that events stay in the journal at least, for a tenant to have several of them. */
const patience = 30_000
/** Milliseconds between two buckets that are due: one takes some ten of them. */
const pace = 100
/** Milliseconds until the next look at a server that has no time. */
const busyPace = 1000
/** Milliseconds after which a bucket is moved, busy or not. */
const longestWait = 600_000

/** Which buckets of the journal this process has written to, and when it is time to move them; those that wait longest first. */
export class JournalBook {
  readonly #since = new Map<string, number>()

  /** Notes rows that were written at `now` (ms). */
  note(rows: readonly { readonly id: string }[], now: number): void {
    for (const { id } of rows) {
      const bucket = bucketOfRow(id)
      if (!this.#since.has(bucket)) this.#since.set(bucket, now)
    }
  }

  /** Whether events of the tenant may be in the journal, which are to be in its trail before later ones. */
  holds(tenant: string): boolean {
    return this.#since.size > 0 && this.#since.has(bucketOf(tenant))
  }

  /** In how many milliseconds a bucket is due; undefined when none waits. */
  findDelay(now: number, { isBusy }: { readonly isBusy: boolean }): number | undefined {
    const [since] = this.#since.values()
    if (since === undefined) return undefined
    return Math.min(patience, Math.max(isBusy ? busyPace : pace, since + patience - now))
  }

  /** The bucket to move now; undefined when none is due, or what is due can wait for a quieter moment. */
  findDue(now: number, { isBusy }: { readonly isBusy: boolean }): string | undefined {
    const [first] = this.#since
    if (!first) return undefined
    const [bucket, since] = first
    // Of a clock that was set back one cannot tell how long it was.
    const waited = Math.abs(now - since)
    return waited >= (isBusy ? longestWait : patience) ? bucket : undefined
  }

  /** The bucket was moved. */
  strike(bucket: string): void {
    this.#since.delete(bucket)
  }

  /** The bucket could not be moved, and waits as if it were new. */
  putOff(bucket: string, now: number): void {
    this.#since.delete(bucket)
    this.#since.set(bucket, now)
  }
}
