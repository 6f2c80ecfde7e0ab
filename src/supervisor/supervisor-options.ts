import type { Log } from '../log.ts'
import type { WorkerHandle } from './worker-handle.ts'
import type { ConfigSource, Place, Plan } from './worker-messages.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface SupervisorOptions {
  /** Number of workers; 'auto' is `cores`, or one if workers cannot share their storage. */
  readonly workers: number | 'auto'
  readonly cores: number
  readonly pool: WorkerPool
  readonly log: Log
  readonly after: (milliseconds: number, callback: () => void) => () => void
  readonly monotonic: () => number
  /** Finds and reads the configuration, once for all workers of a start or a reload. */
  readonly readConfig: () => Promise<ConfigSource>
  /** Checks that the port is free, and returns its number. An error ends the start. */
  readonly takePort: (plan: Plan) => Promise<number>
  /** Called once with the port and the number of workers, before any takes requests. An error ends the start. */
  readonly begin: (plan: Plan, place: Place) => void
  /** Called with the text of the first worker, when all are ready. */
  readonly announce: (text: string) => void
}

/** The workers of one configuration. */
export interface Generation {
  /** A reload changes it. */
  config: ConfigSource
  /** The plan that the first worker read. */
  readonly plan: Plan
  /** The workers that are ready or starting. */
  readonly workers: Set<WorkerHandle>
}
