/** The place of an item in the queue. Many items in one place do not delay the items of another place. */
export interface QueuePlace {
  /** Whether the caller authenticated before. Such callers go first, and never leave the queue for others. */
  readonly isKnown: boolean
  /** From the widest to the narrowest, such as tenant, address, client. All paths have the same length. */
  readonly path: readonly string[]
}

export interface QueueLimits {
  /** The most that may wait at the end of one path. */
  readonly lane: number
  readonly total: number
}

/** Every fourth turn belongs to callers who are not known, if one waits. */
const strangersTurn = 4

/** A queue in turns: known callers first, then one tenant after the other, and the same again at each step of the path. */
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
   * Adds an item. Returns the item that has to leave when there is no room; undefined: all stay. The new item leaves when its own lane is
   * full. Otherwise the newest item of the caller with the most items leaves, and callers who are not known leave first.
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

/** A tree of turns: each node shares its turns among the nodes below it. The items wait at the end of a path, the oldest first. */
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

  /** Removes the newest item of the node that has the most, chosen at each step of the path. */
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
