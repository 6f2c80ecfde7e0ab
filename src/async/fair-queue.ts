/** Where something waits: whoever has much waiting in one place makes nobody wait in another. */
export interface QueuePlace {
  /** Those who proved who they are before go first, and are not refused for others. */
  readonly isKnown: boolean
  /** Whose turn it is, from the widest to the narrowest, such as the tenant, the address and the client; of one length for all. */
  readonly path: readonly string[]
}

export interface QueueLimits {
  /** At the end of one path. */
  readonly lane: number
  readonly total: number
}

/** Of so many turns one is that of somebody who is not known, if anybody is there. */
const strangersTurn = 4

/** What waits, in turns: known ones before others, then one tenant after the other, and in each of them the same again. */
export class FairQueue<T> {
  readonly #limits: QueueLimits
  readonly #known = new Turns<T>()
  readonly #strangers = new Turns<T>()
  #turns = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#known.size + this.#strangers.size
  }

  /**
   * Answers what has to leave for lack of room; undefined: all can stay. That is the new one when its own lane is full, and otherwise
   * the newest of whoever has the most: one who is not known goes before one who is.
   */
  push(item: T, { isKnown, path }: QueuePlace): T | undefined {
    const own = isKnown ? this.#known : this.#strangers
    if (own.sizeOf(path) >= this.#limits.lane) return item
    own.push(item, path)
    if (this.size <= this.#limits.total) return undefined
    return this.#strangers.dropOfGreediest() ?? this.#known.dropOfGreediest()
  }

  shift(): T | undefined {
    this.#turns++
    const isTheirs = this.#turns % strangersTurn === 0
    const [first, second] = isTheirs ? [this.#strangers, this.#known] : [this.#known, this.#strangers]
    return first.shift() ?? second.shift()
  }
}

/** Those who have turns, each with others below who share them; at the end of a path what waits, the oldest first. */
class Turns<T> {
  /** The next one first. */
  readonly #below = new Map<string, Turns<T>>()
  readonly #items: T[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  sizeOf([first, ...rest]: readonly string[]): number {
    return first === undefined ? this.#size : (this.#below.get(first)?.sizeOf(rest) ?? 0)
  }

  push(item: T, [first, ...rest]: readonly string[]): void {
    this.#size++
    if (first === undefined) {
      this.#items.push(item)
      return
    }
    const turns = this.#below.get(first) ?? new Turns<T>()
    this.#below.set(first, turns)
    turns.push(item, rest)
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined
    this.#size--
    const [next] = this.#below
    if (!next) return this.#items.shift()
    const [name, turns] = next
    const item = turns.shift()
    this.#below.delete(name)
    if (turns.size > 0) this.#below.set(name, turns)
    return item
  }

  /** Takes out the newest of whoever has the most, at each step of the way. */
  dropOfGreediest(): T | undefined {
    if (this.#size === 0) return undefined
    this.#size--
    let greediest: readonly [string, Turns<T>] | undefined
    for (const each of this.#below) if (!greediest || each[1].size >= greediest[1].size) greediest = each
    if (!greediest) return this.#items.pop()
    const [name, turns] = greediest
    const item = turns.dropOfGreediest()
    if (turns.size === 0) this.#below.delete(name)
    return item
  }
}
