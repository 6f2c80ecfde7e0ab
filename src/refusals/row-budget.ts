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
}

interface Sending {
  /** The address of the sender; undefined: not known. */
  readonly address: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Decides which refusals become rows, so that a flood of refusals costs next to nothing. At most 601 counts are in memory. */
export class RowBudget {
  #began = Number.NEGATIVE_INFINITY
  readonly #counts = new Map<string, number>()

  admit({ tenant, client, check }: CountedRefusal, { address, now }: Sending): boolean {
    // If the clock went back, the minute ends.
    if (now < this.#began || now >= this.#began + span) {
      this.#began = now
      this.#counts.clear()
    }
    // One after the other, because in a flood nearly every refusal is over one of them. No id has the character between the parts.
    if (this.#isOver('all', most.all)) return false
    const ofTenant = `tenant\0${tenant ?? ''}`
    if (this.#isOver(ofTenant, most.tenant)) return false
    const ofSort = `sort\0${tenant ?? ''}\0${client ?? ''}\0${check}`
    if (this.#isOver(ofSort, most.sort)) return false
    const ofSender = `sender\0${tenant ?? ''}\0${groupOf(address)}`
    if (this.#isOver(ofSender, most.sender)) return false
    for (const name of ['all', ofTenant, ofSort, ofSender]) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    }
    return true
  }

  #isOver(name: string, limit: number): boolean {
    return (this.#counts.get(name) ?? 0) >= limit
  }
}
