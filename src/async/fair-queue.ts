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

/** Places without an item that a node remembers because they used more than their share. */
const mostDebtors = 1000

/**
 * A queue in turns: known callers first, then one tenant after the other, and the same again at each step of the path. Whoever used more
 * time than the others ({@link charge}) comes after them, so that few long jobs do not take the time of many short ones.
 */
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

  /** Notes the time that an item of this place took. Every other place that waits may use as much before the next item of this one. */
  charge({ isKnown, path }: QueuePlace, milliseconds: number): void {
    const own = isKnown ? this.#known : this.#strangers
    own.charge(path, milliseconds)
  }
}

/** A tree of turns: each node shares its turns among the nodes below it. The items wait at the end of a path, the oldest first. */
class Turns<T> {
  /** Of nodes that used the same time, the next one first. One without an item stays while it used more than its share. */
  readonly #below = new Map<string, Turns<T>>()
  readonly #items: T[] = []
  #size = 0
  /** Milliseconds on the clock of the node above. A node that comes anew begins at that clock, so nobody saves time up. */
  #used = 0
  /** The time that each node below has had at least. */
  #clock = 0

  get size(): number {
    return this.#size
  }

  sizeOf([first, ...rest]: readonly string[]): number {
    return first === undefined ? this.#size : (this.#below.get(first)?.sizeOf(rest) ?? 0)
  }

  push(item: T, [first, ...rest]: readonly string[]): void {
    this.#size++
    if (first === undefined) this.#items.push(item)
    else this.#open(first).push(item, rest)
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined
    this.#size--
    const next = this.#findNext()
    if (!next) return this.#items.shift()
    const [name, turns] = next
    this.#clock = Math.max(this.#clock, turns.#used)
    const item = turns.shift()
    // At the end of the map, behind those that used the same time.
    this.#below.delete(name)
    this.#below.set(name, turns)
    this.#forget()
    return item
  }

  charge([first, ...rest]: readonly string[], milliseconds: number): void {
    if (first === undefined) return
    const turns = this.#open(first)
    turns.#used += milliseconds
    turns.charge(rest, milliseconds)
    if (this.#below.size > mostDebtors) this.#forget()
  }

  /** Removes the newest item of the node that has the most, chosen at each step of the path. */
  dropOfGreediest(): T | undefined {
    if (this.#size === 0) return undefined
    this.#size--
    let greediest: Turns<T> | undefined
    for (const each of this.#below.values()) if (!greediest || each.size >= greediest.size) greediest = each
    if (!greediest) return this.#items.pop()
    const item = greediest.dropOfGreediest()
    this.#forget()
    return item
  }

  #open(name: string): Turns<T> {
    const turns = this.#below.get(name) ?? new Turns<T>()
    if (turns.size === 0) turns.#used = Math.max(turns.#used, this.#clock)
    this.#below.set(name, turns)
    return turns
  }

  #findNext(): readonly [string, Turns<T>] | undefined {
    let next: readonly [string, Turns<T>] | undefined
    for (const each of this.#below) {
      if (each[1].size > 0 && (!next || each[1].#used < next[1].#used)) next = each
    }
    return next
  }

  /** Removes nodes without an item: those that used no more than their share, and the oldest of too many. */
  #forget(): void {
    for (const [name, turns] of this.#below) {
      const isFree = turns.#used <= this.#clock || this.#below.size > mostDebtors
      if (turns.size === 0 && isFree) this.#below.delete(name)
    }
  }
}
