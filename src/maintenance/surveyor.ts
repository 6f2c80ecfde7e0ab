import type { Keyring } from '../keys/keyring.ts'
import { PassedDamage, type Storage, systemTenant } from '../storage/storage.ts'
import { tenants } from '../tenants/tenant-row.ts'

export interface SurveyorOptions {
  readonly storage: Storage
  readonly keyring: Pick<Keyring, 'survey'> & { readonly orphans: Pick<Keyring['orphans'], 'list' | 'clear'> }
  /** Whether this process clears orphans from the folders of keys. Of processes that serve together, only one does. Default: true. */
  readonly clearsFolders?: boolean
  /** A reload may change them. */
  readonly configured?: () => readonly string[]
  /** See Platform.monotonic. */
  readonly monotonic: () => number
  /** Resolves after the given milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>
}

/** Tenants of one slice, after which requests are served. */
const slice = 20
/** Milliseconds between two slices. */
const slicePause = 50
/** Slices of one run: ten thousand tenants take half an hour. */
const mostSlices = 10
/** Milliseconds after which the surveyor looks at all tenants again, because it may have missed changes. */
const surveyEvery = 3_600_000

/** The ids of one slice, and the work for each. */
interface Turn {
  readonly ids: readonly string[]
  readonly look: (id: string) => Promise<void>
}

/**
 * Rotates the keys of tenants that no request uses. It looks at a few rings at a time. Then it clears the folders of keys, also the folders
 * of deleted tenants.
 */
export class Surveyor {
  readonly #options: SurveyorOptions
  /** Number of configured tenants that are done. */
  #configured = 0
  /** The id of the last stored tenant that is done; undefined: all are done. */
  #stored: string | undefined = ''
  /** Folders of keys that are still to be cleared; undefined: there are none. */
  #folders: string[] | undefined
  #doneAt = Number.NEGATIVE_INFINITY

  constructor(options: SurveyorOptions) {
    this.#options = options
  }

  /** Continues where the last call ended. Throws StorageError. A damaged row does not stop it: its error is thrown at the end. */
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
    const { storage, configured = () => [] } = this.#options
    const ids = configured().slice(this.#configured, this.#configured + slice)
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
