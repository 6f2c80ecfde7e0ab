import type { AuditEvent } from '../protocol/audit-events.ts'

/** Milliseconds over which refusals of one sort are counted together. */
const span = 60_000
/** Refusals of one sort that are recorded one by one in that time. */
const mostKept = 100
/** Refusals of one tenant that are recorded one by one in that time. Above, those of all clients are of one sort. */
const mostKeptOfTenant = 1000

const none: readonly AuditEvent[] = []

interface Sort {
  readonly first: AuditEvent
  /** Milliseconds since the epoch. */
  readonly began: number
  kept: number
  left: number
}

/**
 * Limits the events of refusals without a proven actor, because unauthenticated callers must not be able to fill the disk. For each type,
 * tenant and claimed client, it admits a hundred events a minute, and then one event with the number of the others. Of one tenant it admits
 * a thousand.
 */
export class RefusalLimit {
  readonly #sorts = new Map<string, Sort>()
  /** By tenant, the events that the sorts in {@link #sorts} admitted. */
  readonly #keptOf = new Map<string, number>()

  /** The events to record: the counts of past minutes, and this event if it is within the limit. */
  admit(event: AuditEvent, now: number): readonly AuditEvent[] {
    const counts = this.#sorts.size === 0 ? none : this.#takeOver(now)
    if (event.outcome !== 'refused' || event.actor !== undefined)
      return counts.length === 0 ? [event] : [...counts, event]
    const keptOfTenant = this.#keptOf.get(event.tenant) ?? 0
    const isFull = keptOfTenant >= mostKeptOfTenant
    const sort = this.#open(isFull ? { ...event, client: undefined } : event, now)
    if (isFull || sort.kept >= mostKept) {
      sort.left++
      return counts
    }
    sort.kept++
    this.#keptOf.set(event.tenant, keptOfTenant + 1)
    return [...counts, event]
  }

  #open(event: AuditEvent, now: number): Sort {
    const key = JSON.stringify([event.type, event.tenant, event.client ?? null])
    const sort = this.#sorts.get(key) ?? { first: event, began: now, kept: 0, left: 0 }
    this.#sorts.set(key, sort)
    return sort
  }

  /** Events with the counts of all refusals that were left out so far. */
  finish(): readonly AuditEvent[] {
    return this.#takeOver(Number.POSITIVE_INFINITY)
  }

  /** The sorts are in the order in which they began, so one look is mostly enough. */
  #takeOver(now: number): AuditEvent[] {
    const counts: AuditEvent[] = []
    for (const [key, { first, began, kept, left }] of this.#sorts) {
      // If the clock went back, the minute ends.
      if (now >= began && now < began + span) break
      this.#sorts.delete(key)
      const { type, tenant, client } = first
      const others = (this.#keptOf.get(tenant) ?? 0) - kept
      if (others > 0) this.#keptOf.set(tenant, others)
      else this.#keptOf.delete(tenant)
      const detail = { more: String(left) }
      if (left > 0) counts.push({ type, tenant, client, outcome: 'refused', reason: 'repeated', detail })
    }
    return counts
  }
}
