import { addSamples, type Samples, withoutGauges } from './samples.ts'

/** The samples of many processes, some of which ended: what they counted stays counted. */
export class MetricsSum {
  #ended: Samples = {}
  readonly #last = new Map<number, Samples>()

  /** Keeps the newest samples of a process, which hold all that it counted since its start. */
  report(id: number, samples: Samples): void {
    this.#last.set(id, samples)
  }

  /** The process is no more. */
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
