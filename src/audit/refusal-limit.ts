import type { AuditEvent } from '../protocol/audit-events.ts'

/** Milliseconds in which refusals of one sort are counted together. */
const span = 60_000
/** Refusals of one sort that are kept one by one in that time. */
const mostKept = 100

const none: readonly AuditEvent[] = []

interface Sort {
  readonly first: AuditEvent
  /** Milliseconds since the epoch. */
  readonly began: number
  kept: number
  left: number
}

/**
 * Nobody who is nobody may fill the disk: of refusals whose sender did not prove who it is, a hundred a minute are kept for each
 * type, tenant and client that was claimed, and one event with the number of the others.
 */
export class RefusalLimit {
  readonly #sorts = new Map<string, Sort>()

  /** The events to keep: this one or none, after the counts of minutes that are over. */
  admit(event: AuditEvent, now: number): readonly AuditEvent[] {
    const counts = this.#sorts.size === 0 ? none : this.#takeOver(now)
    if (event.outcome !== 'refused' || event.actor !== undefined)
      return counts.length === 0 ? [event] : [...counts, event]
    const key = JSON.stringify([event.type, event.tenant, event.client ?? null])
    const sort = this.#sorts.get(key) ?? { first: event, began: now, kept: 0, left: 0 }
    this.#sorts.set(key, sort)
    if (sort.kept >= mostKept) {
      sort.left++
      return counts
    }
    sort.kept++
    return [...counts, event]
  }

  /** The counts of what was left out so far. */
  finish(): readonly AuditEvent[] {
    return this.#takeOver(Number.POSITIVE_INFINITY)
  }

  /** The sorts stand in the order in which they began, so that most of the time one look is enough. */
  #takeOver(now: number): AuditEvent[] {
    const counts: AuditEvent[] = []
    for (const [key, { first, began, left }] of this.#sorts) {
      // A clock that went back begins anew.
      if (now >= began && now < began + span) break
      this.#sorts.delete(key)
      const { type, tenant, client } = first
      const detail = { more: String(left) }
      if (left > 0) counts.push({ type, tenant, client, outcome: 'refused', reason: 'repeated', detail })
    }
    return counts
  }
}
