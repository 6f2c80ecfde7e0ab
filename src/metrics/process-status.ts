import type { Fault } from './fault-ring.ts'

/** What one process tells about itself for the status page. It names no tenant and no client. */
export interface ProcessStatus {
  readonly pid: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly residentBytes: number
  readonly storage: StorageStatus
  /** The last warnings and errors of its log, the newest first. */
  readonly faults: readonly Fault[]
  /** The settings of limits in force, by their names in config.yaml. */
  readonly limits: Readonly<Record<string, string>>
}

export interface StorageStatus {
  /** `memory`, `sqlite` or `postgres`. */
  readonly kind: string
  /** The version of its schema; null: it has none. */
  readonly schema: number | null
  /** Milliseconds that a read took just now; null: there was no answer within a second. */
  readonly latency: number | null
}
