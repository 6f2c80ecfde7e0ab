import type { Keyring } from '../keys/keyring.ts'
import { type Log, renderCause } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import { DamagedRowError, type Storage } from '../storage/storage.ts'
import { Cleaner } from './cleaner.ts'
import { ClockGuard } from './clock-guard.ts'
import { Surveyor } from './surveyor.ts'

export interface MaintenanceOptions extends Pick<Platform, 'after' | 'monotonic' | 'randomBytes'> {
  readonly storage: Storage
  readonly keyring: Keyring
  readonly log: Log
  /** Puts in order what other processes left of the audit trail. Throws StorageError. */
  readonly settleAudit?: () => Promise<void>
  /** Active tenants of config.yaml, whose keys go on though nobody uses them; those of the storage are found there. */
  readonly configured?: readonly string[]
  /** See SurveyorOptions. */
  readonly clearsFolders?: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds between two looks for what other processes changed; default 5 seconds. */
  readonly lookEvery?: number
  /** Milliseconds between two rounds of what is due some time, such as deleting; default 30 seconds. */
  readonly roundEvery?: number
}

const newsWork = 'looking for changed keys'
/** Tenants whose keys are changed in one round, so that keys of ten thousand tenants are not made at once. */
const mostChanged = 100

/** What a server does beside its answers. One thing runs at a time; what fails is tried again the next time. */
export class Maintenance {
  readonly #options: MaintenanceOptions
  readonly #guard: ClockGuard
  readonly #cleaner: Cleaner
  readonly #surveyor: Surveyor
  /** What fails now, by the name of the work: a complaint that stays the same is logged once. */
  readonly #failing = new Map<string, string>()
  #cancelTimer = () => {}
  #running: Promise<void> = Promise.resolve()
  #isStopped = false
  #lastRound = Number.NEGATIVE_INFINITY
  #isClockRight = true

  constructor(options: MaintenanceOptions) {
    const { storage, now, monotonic, log, after } = options
    const pause = (milliseconds: number) => new Promise<void>((resolve) => void after(milliseconds, resolve))
    this.#options = options
    this.#guard = new ClockGuard({ now, monotonic, log })
    this.#cleaner = new Cleaner({ storage, guard: this.#guard, now, pause })
    this.#surveyor = new Surveyor({ ...options, pause })
  }

  /** See {@link Cleaner.cutoff}. */
  readonly expiryCutoff = (): number => this.#cleaner.cutoff

  /** Learns what has to be known before the first answer, and goes on by itself from then on. Throws StorageError. */
  async start(): Promise<void> {
    await this.#cleaner.begin()
    await this.#lookAtFirst()
    this.#schedule()
  }

  /** A damaged row is of one tenant, which is refused by itself; the news of all others are known. */
  async #lookAtFirst(): Promise<void> {
    try {
      await this.#options.keyring.lookForNews()
    } catch (cause) {
      if (!(cause instanceof DamagedRowError)) throw cause
      this.#noteFailure(newsWork, cause)
    }
  }

  /** Stops, once what runs has come to an end. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelTimer()
    await this.#running
  }

  /** Does at once what is due; resolves when it is done. */
  runNow(): Promise<void> {
    this.#running = this.#running.then(() => this.#run())
    return this.#running
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#cancelTimer = this.#options.after(this.#options.lookEvery ?? 5000, () => {
      void this.runNow().then(() => this.#schedule())
    })
  }

  async #run(): Promise<void> {
    const { storage, keyring, monotonic, roundEvery = 30_000 } = this.#options
    await this.#attempt('looking after the database', () => storage.tidy())
    await this.#attempt(newsWork, () => keyring.lookForNews())
    const isRound = monotonic() - this.#lastRound >= roundEvery
    if (isRound) {
      this.#lastRound = monotonic()
      await this.#attempt('surveying keys', () => this.#surveyor.look(() => this.#isStopped))
      await this.#attempt('telling the time', async () => this.#noteClock(await this.#cleaner.see()))
    }
    if (!this.#isClockRight) return
    await this.#takeSteps()
    if (isRound) {
      await this.#attempt('moving audit events that wait', async () => this.#options.settleAudit?.())
      await this.#attempt('deleting expired rows', () => this.#cleaner.clean(() => this.#isStopped))
    }
  }

  #noteClock(isRight: boolean): void {
    // Times of before may lie in the future of a clock that was set back.
    if (isRight && !this.#isClockRight) this.#options.keyring.reconsider()
    this.#isClockRight = isRight
  }

  async #takeSteps(): Promise<void> {
    const { keyring, randomBytes } = this.#options
    const due = keyring.findDue()
    // Replicas start at different places, so that they do not all make a key for the same tenant at once.
    const [high = 0, low = 0] = randomBytes(2)
    const start = due.length === 0 ? 0 : (high * 256 + low) % due.length
    for (const id of [...due.slice(start), ...due.slice(0, start)].slice(0, mostChanged)) {
      if (this.#isStopped || !this.#guard.isSteady()) return
      await this.#attempt(`changing the keys of tenant '${id}'`, () => keyring.takeDueSteps(id))
    }
  }

  async #attempt(work: string, attempt: () => Promise<unknown>): Promise<void> {
    if (this.#isStopped) return
    try {
      await attempt()
      if (this.#failing.delete(work)) this.#options.log('info', `${work} works again`)
    } catch (cause) {
      this.#noteFailure(work, cause)
    }
  }

  #noteFailure(work: string, cause: unknown): void {
    const reason = renderCause(cause)
    if (this.#failing.get(work) !== reason) this.#options.log('error', `${work} failed`, { reason })
    this.#failing.set(work, reason)
  }
}
