import { renderLabels, type Samples } from './samples.ts'

/** Label sets of one counter. A further one counts as `other`, because each takes memory here and in Prometheus. */
const mostSets = 200

/** A counter with labels, whose values come from the code and never from a request. */
export class Counter {
  readonly #name: string
  readonly #labels: readonly string[]
  /** By the values of the labels, joined. */
  readonly #counts = new Map<string, number>()

  constructor(name: string, ...labels: readonly string[]) {
    this.#name = name
    this.#labels = labels
  }

  /** Adds one for these values, in the order of the labels. */
  count(...values: readonly string[]): void {
    this.add(1, ...values)
  }

  add(count: number, ...values: readonly string[]): void {
    // Most counters have one label or two, and join takes four times as long as this.
    const [first = '', second] = values
    const key = values.length > 2 ? values.join('\0') : second === undefined ? first : `${first}\0${second}`
    const before = this.#counts.get(key)
    if (before !== undefined || this.#counts.size < mostSets) this.#counts.set(key, (before ?? 0) + count)
    else {
      const other = this.#labels.map(() => 'other').join('\0')
      this.#counts.set(other, (this.#counts.get(other) ?? 0) + count)
    }
  }

  samples(): Samples {
    return Object.fromEntries(
      [...this.#counts].map(([key, count]) => {
        const values = key.split('\0')
        const labels = Object.fromEntries(this.#labels.map((name, index) => [name, values[index] ?? '']))
        return [this.#name + renderLabels(labels), count]
      }),
    )
  }
}
