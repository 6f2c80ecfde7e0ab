import type { Platform } from '../platform/platform.ts'
import { writeOver } from '../storage/compare-and-swap.ts'
import { type Storage, StorageError, systemTenant } from '../storage/storage.ts'
import { limitKeys } from './limit-row.ts'

export interface LimitKeyOptions extends Pick<Platform, 'randomBytes'> {
  readonly storage: Storage
}

/**
 * The key of the digests of subjects and addresses, the same for all processes that share the storage. Without the key, an attacker cannot
 * find out which of them share a count.
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

  /** The shared key, or a key of this process until the shared one is read. */
  get current(): Uint8Array {
    // The error is ignored, because the counting of failures reports that the storage is away.
    if (!this.#shared) this.read().catch(() => {})
    return this.#shared ?? this.#own
  }

  /** The first try to read the key, while it runs. */
  get firstTry(): Promise<void> | undefined {
    return this.#isTried ? undefined : this.#first
  }

  /** Starts the first try; returns undefined when it is over. Never rejects. */
  tryFirst(): Promise<void> | undefined {
    this.#first ??= this.#startFirst()
    return this.firstTry
  }

  #startFirst(): Promise<void> {
    const end = () => {}
    const first = this.read().then(end, end)
    // In the same moment as the callers of the first try go on. Otherwise others would go on before the first failure is counted.
    void first.then(() => {
      this.#isTried = true
    })
    return first
  }

  /** Reads the shared key. Throws StorageError. */
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
 * Returns the shared key. If none exists, `own` becomes the shared key, so that earlier counts stay valid. A damaged key is replaced. The
 * known addresses under it are lost, but no client is locked out for ever.
 */
async function readOrMakeKey(own: Uint8Array, storage: Storage): Promise<Uint8Array> {
  const records = storage.of(systemTenant).of(limitKeys)
  const id = 'addresses'
  const found = await records.find(id)
  if (found && found.value.key !== limitKeys.fallback.key) return Uint8Array.fromHex(found.value.key)
  const value = { key: own.toHex() }
  await writeOver(records, found, { id, value })
  // Of two processes at the same time, the second one takes the key of the first.
  const made = await records.find(id)
  if (!made?.value.key) throw new StorageError('The key of the limits was not kept')
  return Uint8Array.fromHex(made.value.key)
}
