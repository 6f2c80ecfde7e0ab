import type { Log } from '../log.ts'
import { renewCertificate } from './hand-over.ts'
import type { WorkerHandle } from './worker-handle.ts'

interface RenewalsHost {
  /** Runs a change of the workers after all earlier ones. */
  readonly exclusively: (work: () => Promise<void>) => Promise<void>
  readonly find: () => {
    /** The workers that serve now. */
    readonly workers: readonly WorkerHandle[]
    readonly pause: (milliseconds: number) => Promise<void>
    readonly log: Log
  }
}

/** Lets all workers take a new certificate together, once for each. */
export class Renewals {
  readonly #host: RenewalsHost
  #last: string | undefined

  constructor(host: RenewalsHost) {
    this.#host = host
  }

  /** Call this when a worker found a certificate. Every worker finds it, and the first one counts. */
  changed(fingerprint: string): void {
    if (fingerprint === this.#last) return
    this.#last = fingerprint
    void this.#host.exclusively(async () => {
      const { workers, pause, log } = this.#host.find()
      const isSteered = await renewCertificate(workers, pause)
      log('info', 'the workers have a new certificate', { workers: workers.length, steered: isSteered })
    })
  }

  /** Call this when all workers are new ones, which have read the files at their start. */
  forget(): void {
    this.#last = undefined
  }
}
