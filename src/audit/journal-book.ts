import { bucketOf, bucketOfRow } from './audit-journal.ts'

/** Milliseconds that events stay in the journal at least, so that a tenant gets several of them. */
const patience = 30_000
/** Milliseconds between two buckets that are due. Moving one takes about ten. */
const pace = 100
/** Milliseconds until the next attempt while the server is busy. */
const busyPace = 1000
/** Milliseconds after which a bucket moves even if the server is busy. */
const longestWait = 600_000

/** The buckets that this process has written to, and when they are due; the oldest first. */
export class JournalBook {
  readonly #since = new Map<string, number>()

  /** Notes rows that were written at `now` (ms). */
  note(rows: readonly { readonly id: string }[], now: number): void {
    for (const { id } of rows) {
      const bucket = bucketOfRow(id)
      if (!this.#since.has(bucket)) this.#since.set(bucket, now)
    }
  }

  /** Whether the journal may have events of the tenant. They have to be in its trail before later ones. */
  holds(tenant: string): boolean {
    return this.#since.size > 0 && this.#since.has(bucketOf(tenant))
  }

  /** Milliseconds until a bucket is due; undefined if none waits. */
  findDelay(now: number, { isBusy }: { readonly isBusy: boolean }): number | undefined {
    const [since] = this.#since.values()
    if (since === undefined) return undefined
    return Math.min(patience, Math.max(isBusy ? busyPace : pace, since + patience - now))
  }

  /** The bucket to move now; undefined if none is due, or if the server is busy and the bucket can wait. */
  findDue(now: number, { isBusy }: { readonly isBusy: boolean }): string | undefined {
    const [first] = this.#since
    if (!first) return undefined
    const [bucket, since] = first
    // If the clock was set back, the length of the wait is unknown. Then the distance between the two times counts.
    const waited = Math.abs(now - since)
    return waited >= (isBusy ? longestWait : patience) ? bucket : undefined
  }

  /** Removes a bucket whose events were moved. */
  strike(bucket: string): void {
    this.#since.delete(bucket)
  }

  /** Makes a bucket that could not be moved wait again like a new one. */
  putOff(bucket: string, now: number): void {
    this.#since.delete(bucket)
    this.#since.set(bucket, now)
  }
}
