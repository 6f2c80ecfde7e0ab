import { BoundedMap } from '../bounded-map.ts'
import type { Hashing } from '../platform/hashing.ts'
import type { Platform } from '../platform/platform.ts'
import { lost, untilWritten, writeOver } from '../storage/compare-and-swap.ts'
import type { Storage } from '../storage/storage.ts'
import { addKnown, dayOf, isKnownIn, type KnownPair, type KnownShard, keptDays } from './known-shard.ts'
import type { LimitKey } from './limit-key.ts'
import { knownAddresses } from './limit-row.ts'
import { type Subject, textOf } from './subject.ts'

export interface KnownRowsOptions extends Pick<Platform, 'now' | 'monotonic'> {
  readonly storage: Storage
  readonly hashing: Hashing
  readonly key: LimitKey
}

/** The ids of the rows of a tenant. All rows are read together, so that the time does not tell which one has a subject. */
const shards = Array.from({ length: 4 }, (_, number) => String(number))
/** Milliseconds for which the rows of a tenant are used after they were read. */
const fresh = 2000
/** Reading takes at most this share of the time. */
const readingShare = 0.05
/** Tenants whose rows are in memory; twice as many at most. */
const mostTenants = 16

interface Loaded {
  readonly rows: Promise<ReadonlyMap<string, KnownShard>>
  /** Milliseconds by the monotonic clock. */
  expiresAt: number
}

/** The stored addresses from which subjects succeeded. */
export class KnownRows {
  readonly #options: KnownRowsOptions
  readonly #loaded = new BoundedMap<Loaded>({ most: mostTenants })

  constructor(options: KnownRowsOptions) {
    this.#options = options
  }

  /** Takes the same time for every subject. Throws StorageError. */
  async has(subject: Subject, group: string): Promise<boolean> {
    const [rows, { shard, pair }] = await Promise.all([
      this.#load(subject.tenantId),
      this.#digest(subject, group),
    ])
    return isKnownIn(rows.get(shard) ?? { subjects: {} }, pair, dayOf(this.#options.now()))
  }

  /** Writes pairs of one tenant. Throws StorageError. */
  async add(tenantId: string, pairs: readonly { subject: Subject; group: string }[]): Promise<void> {
    const digests = await Promise.all(pairs.map(({ subject, group }) => this.#digest(subject, group)))
    for (const [shard, mine] of Map.groupBy(digests, (digest) => digest.shard)) {
      await this.#addToRow(
        tenantId,
        shard,
        mine.map(({ pair }) => pair),
      )
    }
  }

  async #addToRow(tenantId: string, shard: string, pairs: readonly KnownPair[]): Promise<void> {
    const { storage, now } = this.#options
    const records = storage.of(tenantId).of(knownAddresses)
    const expiresAt = now() + (keptDays + 1) * 86_400_000
    const attempt = async () => {
      const found = await records.find(shard)
      const before = found?.value ?? { subjects: {} }
      const value = pairs.reduce((row, pair) => addKnown(row, pair, dayOf(now())) ?? row, before)
      if (value === before) return
      return (await writeOver(records, found, { id: shard, value, expiresAt })) ? undefined : lost
    }
    await untilWritten(attempt)
  }

  #load(tenantId: string): Promise<ReadonlyMap<string, KnownShard>> {
    const { monotonic } = this.#options
    const known = this.#loaded.get(tenantId)
    if (known && monotonic() < known.expiresAt) return known.rows
    const loaded: Loaded = { rows: this.#read(tenantId), expiresAt: Number.POSITIVE_INFINITY }
    const started = monotonic()
    const end = () => {
      const finished = monotonic()
      loaded.expiresAt = finished + Math.max(fresh, (finished - started) / readingShare)
    }
    loaded.rows.then(end, () => this.#loaded.delete(tenantId))
    this.#loaded.set(tenantId, loaded)
    return loaded.rows
  }

  async #read(tenantId: string): Promise<ReadonlyMap<string, KnownShard>> {
    const rows = await this.#options.storage.of(tenantId).of(knownAddresses).findMany(shards)
    return new Map(rows.map(({ id, value }) => [id, value]))
  }

  async #digest(subject: Subject, group: string): Promise<{ shard: string; pair: KnownPair }> {
    const { hashing } = this.#options
    const key = await this.#options.key.read()
    const text = textOf(subject)
    const digest = hashing.hmacSha256(key, text).toHex()
    const ofAddress = hashing.hmacSha256(key, `${text}\0${group}`)
    const address = new DataView(ofAddress.buffer, ofAddress.byteOffset).getUint32(0)
    return {
      shard: shards[Number.parseInt(digest.slice(0, 1), 16) % shards.length] ?? '',
      pair: { subject: digest.slice(1, 17), address },
    }
  }
}
