import type { Keyring } from '../keys/keyring.ts'
import { PassedDamage, type Storage, systemTenant } from '../storage/storage.ts'
import { tenants } from '../tenants/tenant-row.ts'

export interface SurveyorOptions {
  readonly storage: Storage
  readonly keyring: Pick<Keyring, 'survey'> & { readonly orphans: Pick<Keyring['orphans'], 'list' | 'clear'> }
  /** Whether folders of keys are cleared of what was left: one of the processes that serve together does. Default: true. */
  readonly clearsFolders?: boolean
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

/** The ids of one slice, and what is done with each. */
interface Turn {
  readonly ids: readonly string[]
  readonly look: (id: string) => Promise<void>
}

/**
 * Keys of tenants that nobody uses have steps due, too: looks at their rings, a few at a time. After them come the folders of keys, those
 * of tenants that are gone among them.
 */
export class Surveyor {
  readonly #options: SurveyorOptions
  /** How many of the configured tenants were looked at. */
  #configured = 0
  /** The id up to which stored tenants were looked at; undefined: all were. */
  #stored: string | undefined = ''
  /** Folders of keys that are still to be cleared; undefined: none is. */
  #folders: string[] | undefined
  #doneAt = Number.NEGATIVE_INFINITY

  constructor(options: SurveyorOptions) {
    this.#options = options
  }

  /** Goes on where the last look ended. Throws StorageError; a damaged row keeps it from no other, and is thrown at the end. */
  async look(isStopped: () => boolean): Promise<void> {
    const { monotonic, pause } = this.#options
    const damage = new PassedDamage()
    let looked = 0
    for (let count = 0; count < mostSlices && !isStopped(); count++) {
      if (this.#isDone && monotonic() - this.#doneAt < surveyEvery) break
      if (looked >= slice) {
        await pause(slicePause)
        looked = 0
      }
      const { ids, look } = await this.#next()
      for (const id of ids) await look(id).catch((cause) => void damage.pass(cause))
      looked += ids.length
      if (this.#isDone) this.#doneAt = monotonic()
    }
    damage.throwFirst()
  }

  get #isDone(): boolean {
    return this.#stored === undefined && this.#folders === undefined
  }

  async #next(): Promise<Turn> {
    const { keyring } = this.#options
    if (this.#isDone) this.#beginAnew()
    if (this.#stored !== undefined)
      return { ids: await this.#nextTenants(), look: (id) => keyring.survey(id) }
    const ids = this.#folders?.splice(0, slice) ?? []
    if (this.#folders?.length === 0) this.#folders = undefined
    return { ids, look: (id) => keyring.orphans.clear(id) }
  }

  #beginAnew(): void {
    this.#configured = 0
    this.#stored = ''
  }

  async #nextTenants(): Promise<readonly string[]> {
    const { storage, configured = [] } = this.#options
    const ids = configured.slice(this.#configured, this.#configured + slice)
    this.#configured += ids.length
    if (ids.length > 0) return ids
    const records = storage.of(systemTenant).of(tenants)
    const page = await records.list({ after: this.#stored ?? '', limit: slice })
    if (page.length < slice) await this.#endTenants()
    else this.#stored = page.at(-1)?.id
    return page.map(({ id }) => id)
  }

  async #endTenants(): Promise<void> {
    const { keyring, clearsFolders = true } = this.#options
    const folders = clearsFolders ? await keyring.orphans.list() : []
    this.#folders = folders.length > 0 ? [...folders] : undefined
    this.#stored = undefined
  }
}
