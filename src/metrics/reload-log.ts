import type { Samples } from './samples.ts'

export interface Reload {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly isDone: boolean
}

/** What became of the reloads of the configuration. */
export class ReloadLog {
  readonly #now: () => number
  readonly #counts = { ok: 0, failed: 0 }
  #loadedAt: number
  #last: Reload | undefined

  constructor(now: () => number) {
    this.#now = now
    this.#loadedAt = now()
  }

  /** Undefined: there was none since the start. */
  get last(): Reload | undefined {
    return this.#last
  }

  /** When the configuration in force was read (ms since the epoch). */
  get loadedAt(): number {
    return this.#loadedAt
  }

  note({ isDone }: Pick<Reload, 'isDone'>): void {
    this.#counts[isDone ? 'ok' : 'failed']++
    this.#last = { at: this.#now(), isDone }
    if (isDone) this.#loadedAt = this.#last.at
  }

  samples(): Samples {
    return {
      'grantd_reloads_total{result="ok"}': this.#counts.ok,
      'grantd_reloads_total{result="failed"}': this.#counts.failed,
      grantd_config_rejected: this.#last?.isDone === false ? 1 : 0,
      grantd_config_loaded_timestamp_seconds: this.#loadedAt / 1000,
    }
  }
}
