import type { Log } from '../../log.ts'
import type { PairFacts } from '../../platform/certificates.ts'

const day = 86_400_000

/** Days before the end of a certificate at which it is warned of. */
const warnings = [1, 7, 30] as const

/** Warns once of each step of each certificate. */
export class ExpiryWarnings {
  readonly #log: Log
  #fingerprint = ''
  #last = Number.POSITIVE_INFINITY

  constructor(log: Log) {
    this.#log = log
  }

  look({ fingerprint, notAfter }: PairFacts, now: number): void {
    if (fingerprint !== this.#fingerprint) {
      this.#fingerprint = fingerprint
      this.#last = Number.POSITIVE_INFINITY
    }
    const left = notAfter - now
    const step = left <= 0 ? 0 : warnings.find((days) => left <= days * day)
    if (step === undefined || step >= this.#last) return
    this.#last = step
    const not_after = new Date(notAfter).toISOString()
    if (step === 0) this.#log('error', 'the certificate has expired, and clients refuse it', { not_after })
    else
      this.#log('warn', 'the certificate ends soon and was not renewed', {
        not_after,
        days_left: Math.ceil(left / day),
      })
  }
}
