import type { Log } from '../../log.ts'
import type { ReloadLog } from '../../metrics/reload-log.ts'
import type { ConfigSource, SwapResult } from '../../supervisor/worker-messages.ts'
import { faultsOf } from './swap.ts'

/** Who asked for a reload. */
export type ReloadCause = 'SIGHUP' | 'grantd reload' | 'server.watch'

export interface ReloadsOptions {
  /** Finds and reads the files, once for all processes. */
  readonly read: () => Promise<ConfigSource>
  /** Puts the configuration in force, in all processes or in none. */
  readonly apply: (source: ConfigSource) => Promise<SwapResult>
  /** Called after each reload with the files that it read, and with its result. */
  readonly onDone: (source: ConfigSource | undefined, result: SwapResult) => void
  /** Called with whether the newest configuration was refused. */
  readonly noteRejected: (isRejected: boolean) => void
  readonly log: Log
  readonly history: ReloadLog
  /** Warnings that were printed already. */
  readonly warned?: readonly string[]
}

/**
 * Reloads one after another. A caller gets the outcome of a reload that began to read the files after its call. Callers that wait
 * together share one reload.
 */
export class Reloads {
  readonly #options: ReloadsOptions
  #running: Promise<SwapResult> | undefined
  #next: Promise<SwapResult> | undefined
  /** What the next reload reads. */
  #readNext: ReloadsOptions['read']
  /** The warnings of the last configuration, so that each is logged once. */
  #warned: ReadonlySet<string>

  constructor(options: ReloadsOptions) {
    this.#options = options
    this.#readNext = options.read
    this.#warned = new Set(options.warned)
  }

  /** Never throws. `read` may return what was read before the call. */
  run(cause: ReloadCause, read = this.#options.read): Promise<SwapResult> {
    if (this.#next) {
      // What the first of them read may be older than this call.
      this.#readNext = this.#options.read
      return this.#next
    }
    this.#readNext = read
    const begin = () => {
      this.#next = undefined
      this.#running = this.#reload(cause, this.#readNext)
      return this.#running
    }
    if (!this.#running) return begin()
    this.#next = this.#running.then(begin)
    return this.#next
  }

  async #reload(cause: ReloadCause, read: () => Promise<ConfigSource>): Promise<SwapResult> {
    const { source, result } = await this.#attempt(read)
    this.#running = undefined
    this.note(result.isTaken)
    this.#report(cause, result)
    this.#options.onDone(source, result)
    return result
  }

  /** Notes that the newest configuration is in force, by a reload or by new workers, or cannot be. */
  note(isTaken: boolean): void {
    this.#options.history.note({ isDone: isTaken })
    this.#options.noteRejected(!isTaken)
  }

  async #attempt(
    read: () => Promise<ConfigSource>,
  ): Promise<{ source: ConfigSource | undefined; result: SwapResult }> {
    let source: ConfigSource | undefined
    try {
      source = await read()
      return { source, result: await this.#options.apply(source) }
    } catch (cause) {
      return { source, result: { isTaken: false, faults: faultsOf(cause) } }
    }
  }

  #report(by: ReloadCause, result: SwapResult): void {
    const { log } = this.#options
    if (!result.isTaken) {
      const [fault, ...more] = result.faults
      const others = more.length > 0 && { more_faults: more.length }
      log('error', 'the reload failed, the old configuration stays', { by, fault, ...others })
      return
    }
    // Those who replaced the workers have said what these cannot change.
    for (const setting of result.newProcesses ? [] : result.fixed)
      log('warn', 'a reload cannot change this; it is as before until a restart', { setting })
    for (const warning of result.warnings)
      if (!this.#warned.has(warning)) log('warn', 'the configuration has a warning', { warning })
    this.#warned = new Set(result.warnings)
    log('info', 'reloaded', { by, ...(result.newProcesses && { new_processes: true }) })
  }
}
