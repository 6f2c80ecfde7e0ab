import { BoundedMap } from '../bounded-map.ts'

/** Looks that may follow one another without a pause. */
const atOnce = 60
/** Milliseconds after which one more may. */
const each = 1000
/** Things whose pace is known, at some hundred bytes each; twice as many at most. */
const mostKnown = 25_000

interface Pace {
  left: number
  at: number
}

/**
 * Says whether to do a costly look: always for things that come now and then, and once a second for things that come without a pause. Asking for the address of a connection takes a tenth of a request.
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
