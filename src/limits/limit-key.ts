import type { Platform } from '../platform/platform.ts'
import { writeOver } from '../storage/compare-and-swap.ts'
import { type Storage, StorageError, systemTenant } from '../storage/storage.ts'
import { limitKeys } from './limit-row.ts'

export interface LimitKeyOptions extends Pick<Platform, 'randomBytes'> {
  readonly storage: Storage
}

/**
 * The key of the digests of subjects and addresses, one for all processes that share the storage. Without it nobody can tell which of
 * them share a count.
 */
export class LimitKey {
  readonly #options: LimitKeyOptions
  readonly #own: Uint8Array
  #shared: Uint8Array | undefined
  #reading: Promise<Uint8Array> | undefined
  #first: Promise<void> | undefined
  #isTried = false

  constructor(options: LimitKeyOptions) {
    this.#options = options
    this.#own = options.randomBytes(32)
  }

  /** At once; one of this process alone as long as that of all could not be read. */
  get current(): Uint8Array {
    // Whoever counts failures is told about a storage that is away.
    if (!this.#shared) this.read().catch(() => {})
    return this.#shared ?? this.#own
  }

  /** The first try to read it, while it goes on. */
  get firstTry(): Promise<void> | undefined {
    return this.#isTried ? undefined : this.#first
  }

  /** Begins the first try; undefined when it is over. Never rejects. */
  tryFirst(): Promise<void> | undefined {
    const end = () => {
      this.#isTried = true
    }
    this.#first ??= this.read().then(end, end)
    return this.firstTry
  }

  /** Throws StorageError. */
  read(): Promise<Uint8Array> {
    this.#reading ??= this.#readOrMake()
    return this.#reading
  }

  async #readOrMake(): Promise<Uint8Array> {
    try {
      this.#shared = await readOrMakeKey(this.#own, this.#options.storage)
      return this.#shared
    } catch (cause) {
      this.#reading = undefined
      throw cause
    }
  }
}

/**
 * Where there is none yet `own` becomes it, so that what was counted under that stays true. A key that is damaged is replaced: what was
 * known under it is lost, and nobody is locked out for ever.
 */
async function readOrMakeKey(own: Uint8Array, storage: Storage): Promise<Uint8Array> {
  const records = storage.of(systemTenant).of(limitKeys)
  const id = 'addresses'
  const found = await records.find(id)
  if (found && found.value.key !== limitKeys.fallback.key) return Uint8Array.fromHex(found.value.key)
  const value = { key: own.toHex() }
  await writeOver(records, found, { id, value })
  // Whoever came second takes the key of the first.
  const made = await records.find(id)
  if (!made?.value.key) throw new StorageError('The key of the limits was not kept')
  return Uint8Array.fromHex(made.value.key)
}
