import { BoundedMap } from '../bounded-map.ts'

/** Looks that may follow each other without a pause. */
const atOnce = 60
/** Milliseconds until one more look may follow. */
const each = 1000
/** Names whose pace is remembered, at some hundred bytes each; at most twice as many. */
const mostKnown = 25_000

/** Events of which one is chosen, where they follow each other without a pause. */
const choice = 32

interface Pace {
  left: number
  at: number
  /** Events to let pass before the next look. */
  skip: number
}

/**
 * Says whether a costly look is due. A look at a rare event is always due. Looks at events that follow without a pause are due once a
 * second, at one that is chosen by chance: events that take turns, such as requests from two addresses, are all looked at sooner or later.
 * For example, finding the address of a connection takes a tenth of the time of a request.
 */
export class PacedLooks {
  readonly #paces = new BoundedMap<Pace>({ most: mostKnown })
  #chance = 1

  isDue(name: string, now: number): boolean {
    const pace = this.#paces.get(name) ?? this.#begin(name, now)
    const passed = Math.floor(Math.abs(now - pace.at) / each)
    if (passed > 0) {
      pace.left = Math.min(atOnce, pace.left + passed)
      pace.at = now
    }
    if (pace.left === 0) return false
    if (pace.left === 1 && pace.skip > 0) {
      pace.skip--
      return false
    }
    pace.left--
    pace.skip = this.#choose()
    return true
  }

  /** Any number that does not follow the rhythm of the events. Nobody gains by foreseeing it. */
  #choose(): number {
    this.#chance = (Math.imul(this.#chance, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#chance / 2 ** 32) * choice)
  }

  #begin(name: string, now: number): Pace {
    const pace = { left: atOnce, at: now, skip: 0 }
    this.#paces.set(name, pace)
    return pace
  }
}
