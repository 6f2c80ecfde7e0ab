import type { Keyring } from '../keys/keyring.ts'
import { tenants } from '../storage/records.ts'
import { PassedDamage, type Storage, systemTenant } from '../storage/storage.ts'

export interface SurveyorOptions {
  readonly storage: Storage
  readonly keyring: Pick<Keyring, 'survey'>
  readonly configured?: readonly string[]
  /** See Platform.monotonic. */
  readonly monotonic: () => number
  /** Resolves after so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>
}

/** Tenants that are looked at before requests come through. */
const slice = 20
/** Milliseconds between two slices. */
const slicePause = 50
/** Slices of one round: ten thousand tenants take half an hour. */
const mostSlices = 10
/** Milliseconds after which all are looked at again, for what was not told. */
const surveyEvery = 3_600_000

/** Keys of tenants that nobody uses have steps due, too: looks at their rings, a few at a time. */
export class Surveyor {
  readonly #options: SurveyorOptions
  /** How many of the configured tenants were looked at. */
  #configured = 0
  /** The id up to which stored tenants were looked at; undefined: all were. */
  #stored: string | undefined = ''
  #doneAt = Number.NEGATIVE_INFINITY

  constructor(options: SurveyorOptions) {
    this.#options = options
  }

  /** Goes on where the last look ended. Throws StorageError; a damaged row keeps it from no other, and is thrown at the end. */
  async look(isStopped: () => boolean): Promise<void> {
    const { keyring, monotonic, pause } = this.#options
    const damage = new PassedDamage()
    let looked = 0
    for (let count = 0; count < mostSlices && !isStopped(); count++) {
      if (this.#stored === undefined && monotonic() - this.#doneAt < surveyEvery) break
      if (looked >= slice) {
        await pause(slicePause)
        looked = 0
      }
      const ids = await this.#next()
      for (const id of ids) await keyring.survey(id).catch((cause) => void damage.pass(cause))
      looked += ids.length
      if (this.#stored === undefined) this.#doneAt = monotonic()
    }
    damage.throwFirst()
  }

  async #next(): Promise<readonly string[]> {
    const { storage, configured = [] } = this.#options
    if (this.#stored === undefined) {
      this.#configured = 0
      this.#stored = ''
    }
    const ids = configured.slice(this.#configured, this.#configured + slice)
    this.#configured += ids.length
    if (ids.length > 0) return ids
    const records = storage.of(systemTenant).of(tenants)
    const page = await records.list({ after: this.#stored, limit: slice })
    this.#stored = page.length < slice ? undefined : page.at(-1)?.id
    return page.map(({ id }) => id)
  }
}
