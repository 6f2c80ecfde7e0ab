import { addSamples, type Samples, withoutGauges } from './samples.ts'

/** Adds the samples of many processes. The counts of processes that ended stay in the sum. */
export class MetricsSum {
  #ended: Samples = {}
  readonly #last = new Map<number, Samples>()

  /** Keeps the newest samples of a process, which hold all its counts since its start. */
  report(id: number, samples: Samples): void {
    this.#last.set(id, samples)
  }

  /** Call this when the process has ended. */
  end(id: number): void {
    const last = this.#last.get(id)
    if (!last) return
    this.#last.delete(id)
    this.#ended = addSamples([this.#ended, withoutGauges(last)])
  }

  total(): Samples {
    return addSamples([this.#ended, ...this.#last.values()])
  }
}
