import type { Log } from '../log.ts'
import { base64url } from '../protocol/base64url.ts'
import { onlyReadable, type Storage, systemTenant } from '../storage/storage.ts'
import { replicaClocks } from './replica-clock-row.ts'

export interface ReplicaClockOptions {
  readonly storage: Pick<Storage, 'of' | 'readClock'>
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
  readonly log: Log
}

/** Milliseconds. Codes live a minute, and a token may be from so far in the future (keys/jwt.ts): a smaller difference harms nothing. */
const tolerance = 10_000
/** Milliseconds for which what another process found counts. */
const freshness = 60_000
/** More processes are not asked. */
const most = 100

/**
 * Compares the clock of this process with that of a database which other processes share. A process whose clock is off makes codes and
 * sessions that the others take for expired. So it is odd when its clock is off and that of another process agrees with the database.
 * When all are off, the clock of the database is wrong, and nobody is odd.
 */
export class ReplicaClock {
  readonly #options: ReplicaClockOptions
  readonly #id: string
  #isOff = false
  #isOdd = false

  constructor(options: ReplicaClockOptions) {
    this.#options = options
    this.#id = base64url(options.randomBytes(12))
  }

  /** Whether the clock of this process alone is off. A storage without a clock of its own never says so. Throws StorageError. */
  async compare(): Promise<boolean> {
    const { storage, now } = this.#options
    const asked = now()
    const theirs = await storage.readClock()
    if (theirs === undefined) return false
    const ahead = Math.round((asked + now()) / 2 - theirs)
    const rows = storage.of(systemTenant).of(replicaClocks)
    const others = onlyReadable(await rows.list({ limit: most })).filter(({ id }) => id !== this.#id)
    await this.#write({ ahead, at: Math.round(theirs) })
    const isOff = Math.abs(ahead) > tolerance
    const agrees = others.some(
      ({ value }) => theirs - value.at < freshness && Math.abs(value.ahead) <= tolerance,
    )
    this.#tell({ isOff, isOdd: isOff && agrees, ahead })
    return this.#isOdd
  }

  async #write(value: { readonly ahead: number; readonly at: number }): Promise<void> {
    const rows = this.#options.storage.of(systemTenant).of(replicaClocks)
    const expiresAt = value.at + freshness
    const found = await rows.find(this.#id)
    if (found) await rows.replace(this.#id, value, { ifVersion: found.version, expiresAt })
    else await rows.create({ id: this.#id, value, expiresAt })
  }

  #tell({ isOff, isOdd, ahead }: { isOff: boolean; isOdd: boolean; ahead: number }): void {
    const { log } = this.#options
    const seconds = Math.round(ahead / 1000)
    if (isOdd && !this.#isOdd)
      log('error', 'the clock is off, and those of the other replicas are not: no request is wanted here', {
        seconds,
      })
    else if (isOff && !this.#isOff)
      log('warn', 'the clock differs from that of the database; set one of them right', { seconds })
    else if (!isOff && this.#isOff) log('info', 'the clock agrees with that of the database again')
    this.#isOff = isOff
    this.#isOdd = isOdd
  }
}
