import { BoundedMap } from '../bounded-map.ts'

/** Looks that may follow each other without a pause. */
const atOnce = 60
/** Milliseconds until one more look may follow. */
const each = 1000
/** Names whose pace is remembered, at some hundred bytes each; at most twice as many. */
const mostKnown = 25_000

interface Pace {
  left: number
  at: number
}

/**
 * Says whether a costly look is due. A look at a rare event is always due. Looks at events that follow without a pause are due once a
 * second. For example, finding the address of a connection takes a tenth of the time of a request.
 */
export class PacedLooks {
  readonly #paces = new BoundedMap<Pace>({ most: mostKnown })

  isDue(name: string, now: number): boolean {
    const pace = this.#paces.get(name) ?? this.#begin(name, now)
    const passed = Math.floor(Math.abs(now - pace.at) / each)
    if (passed > 0) {
      pace.left = Math.min(atOnce, pace.left + passed)
      pace.at = now
    }
    if (pace.left === 0) return false
    pace.left--
    return true
  }

  #begin(name: string, now: number): Pace {
    const pace = { left: atOnce, at: now }
    this.#paces.set(name, pace)
    return pace
  }
}
