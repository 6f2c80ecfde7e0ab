import type { Keyring } from '../keys/keyring.ts'
import { type Log, renderCause } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import { DamagedRowError, type Storage } from '../storage/storage.ts'
import { Cleaner } from './cleaner.ts'
import { ClockGuard } from './clock-guard.ts'
import { ReplicaClock } from './replica-clock.ts'
import { Surveyor } from './surveyor.ts'

export interface MaintenanceOptions extends Pick<Platform, 'after' | 'monotonic' | 'randomBytes'> {
  readonly storage: Storage
  readonly keyring: Keyring
  readonly log: Log
  /** Completes the audit trails that other processes left unfinished. Throws StorageError. */
  readonly settleAudit?: () => Promise<void>
  /** The ids of the active tenants of config.yaml. Their keys are rotated even if no request uses them. */
  readonly configured?: () => readonly string[]
  /** See SurveyorOptions. */
  readonly clearsFolders?: boolean
  /** Called with whether the clock of this process alone is off, see ReplicaClock. */
  readonly onClock?: (isOdd: boolean) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds between two looks for changes of other processes; default 5 seconds. */
  readonly lookEvery?: number
  /** Milliseconds between two runs of the slower work, such as deleting; default 30 seconds. */
  readonly roundEvery?: number
}

const newsWork = 'looking for changed keys'
/** The most tenants whose keys one run changes. Otherwise one run could make ten thousand keys. */
const mostChanged = 100

/** The background work of a server. One task runs at a time; a task that fails is tried again in the next run. */
export class Maintenance {
  readonly #options: MaintenanceOptions
  readonly #guard: ClockGuard
  readonly #cleaner: Cleaner
  readonly #surveyor: Surveyor
  readonly #replicaClock: ReplicaClock
  /** The current errors, by the name of the task, so that an error which stays the same is logged once. */
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
    this.#replicaClock = new ReplicaClock(options)
  }

  /** See {@link Cleaner.cutoff}. */
  readonly expiryCutoff = (): number => this.#cleaner.cutoff

  /** Reads the cutoff and the changes of other processes, which the first answer needs, and starts the loop. Throws StorageError. */
  async start(): Promise<void> {
    await this.#cleaner.begin()
    await this.#lookAtFirst()
    await this.#compareClocks()
    this.#schedule()
  }

  /** Logs a damaged row and goes on, because the row belongs to one tenant and only requests of that tenant fail. */
  async #lookAtFirst(): Promise<void> {
    try {
      await this.#options.keyring.lookForNews()
    } catch (cause) {
      if (!(cause instanceof DamagedRowError)) throw cause
      this.#noteFailure(newsWork, cause)
    }
  }

  /** Stops after the current task. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelTimer()
    await this.#running
  }

  /** Runs all tasks that are due now. Resolves when they are done. */
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
    await this.#compareClocks()
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

  #compareClocks(): Promise<void> {
    return this.#attempt('comparing the clock with that of the database', async () =>
      this.#options.onClock?.(await this.#replicaClock.compare()),
    )
  }

  #noteClock(isRight: boolean): void {
    // After the clock was set back, due times that were computed before may be in its future.
    if (isRight && !this.#isClockRight) this.#options.keyring.reconsider()
    this.#isClockRight = isRight
  }

  async #takeSteps(): Promise<void> {
    const { keyring, randomBytes } = this.#options
    const due = keyring.findDue()
    // Replicas start at different tenants, so that they do not all make a key for the same one.
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
