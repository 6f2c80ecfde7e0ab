export interface BoundedMapOptions<V> {
  /** This many of the entries used last are never dropped. At most twice as many are kept. */
  readonly most: number
  /** The weight of an entry, counted against `mostWeight`. Default: 0. */
  readonly weigh?: (key: string, value: V) => number
  /** Default: no limit. */
  readonly mostWeight?: number
}

/**
 * A map that drops the entries which were not used for the longest time. It keeps two generations. A full young one becomes the old
 * one. Entries that are used after that move to the young one, and the others are dropped at the next change. So a
 * read changes nothing in the usual case. lru-cache does the same at 20 ns more for each read, and its ten maps would take 8 MB while
 * they are empty.
 */
export class BoundedMap<V extends {}> {
  readonly #options: BoundedMapOptions<V>
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #weight = 0

  constructor(options: BoundedMapOptions<V>) {
    this.#options = options
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  /** Whether the key has an entry. This does not count as a use. */
  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key)
  }

  set(key: string, value: V): void {
    const { most, weigh, mostWeight = Number.POSITIVE_INFINITY } = this.#options
    const weight = weigh?.(key, value) ?? 0
    const isNew = !this.#young.has(key)
    if (isNew && (this.#young.size >= most || this.#weight + weight > mostWeight)) {
      this.#old = this.#young
      this.#young = new Map()
      this.#weight = 0
    }
    this.#old.delete(key)
    this.#young.set(key, value)
    if (isNew) this.#weight += weight
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  /** The values, in no order. This does not count as a use. */
  values(): V[] {
    return [...this.#old.values(), ...this.#young.values()]
  }
}
