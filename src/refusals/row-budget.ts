import { groupOf } from '../limits/address-group.ts'

/** Milliseconds. */
const span = 60_000

/** Rows that one process writes in that time. */
const most = { all: 200, tenant: 60, sender: 30, sort: 30 }

/** What a refusal counts for. */
export interface CountedRefusal {
  readonly tenant: string | null
  readonly client: string | null
  readonly check: string
  /** The address of the sender; undefined: not known. */
  readonly address: string | undefined
}

/** Decides which refusals become rows, so that a flood of refusals costs next to nothing. At most 601 counts are in memory. */
export class RowBudget {
  #began = Number.NEGATIVE_INFINITY
  readonly #counts = new Map<string, number>()

  admit({ tenant, client, check, address }: CountedRefusal, now: number): boolean {
    // If the clock went back, the minute ends.
    if (now < this.#began || now >= this.#began + span) {
      this.#began = now
      this.#counts.clear()
    }
    const taken = this.#counts.get('all') ?? 0
    if (taken >= most.all) return false
    const limits = [
      [`tenant ${tenant ?? ''}`, most.tenant],
      [`sender ${tenant ?? ''} ${groupOf(address)}`, most.sender],
      [`sort ${JSON.stringify([tenant, client, check])}`, most.sort],
    ] as const
    if (limits.some(([name, limit]) => (this.#counts.get(name) ?? 0) >= limit)) return false
    this.#counts.set('all', taken + 1)
    for (const [name] of limits) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    return true
  }
}
