/** Everything that the status page shows. Moments are milliseconds since the epoch. It names no tenant, client or person. */
export interface StatusView {
  readonly now: number
  readonly build: { readonly version: string; readonly commit: string }
  readonly startedAt: number
  /** Null: one process serves alone. */
  readonly supervisorPid: number | null
  readonly restarts: number
  /** The clock is off those of the other replicas, so `/health/ready` is 503. */
  readonly isClockOdd: boolean
  readonly processes: readonly ProcessView[]
  /** Null: no process has told. */
  readonly storage: StorageView | null
  readonly requests: { readonly answered: number; readonly failed: number; readonly tokens: number }
  readonly keys: KeysView
  readonly audit: { readonly waiting: number; readonly lagSeconds: number; readonly lost: number }
  /** Jobs that wait, by queue. */
  readonly queues: Readonly<Record<string, number>>
  readonly configuration: {
    readonly loadedAt: number
    /** Null: it was not reloaded since the start. */
    readonly last: { readonly at: number; readonly isDone: boolean } | null
  }
  /** Settings by their names in config.yaml. */
  readonly limits: Readonly<Record<string, string>>
  /** The newest first. */
  readonly faults: readonly FaultView[]
}

export interface ProcessView {
  /** The number of a worker; null: there is no supervisor. */
  readonly id: number | null
  readonly pid: number
  readonly state: 'starting' | 'serving' | 'stopping'
  /** Null: it did not tell. */
  readonly startedAt: number | null
  readonly residentBytes: number | null
}

export interface StorageView {
  readonly kind: string
  /** Null: it has no schema. */
  readonly schema: number | null
  /** Processes that were asked to read, and those that could. */
  readonly asked: number
  readonly reachable: number
  /** Milliseconds of the slowest read; null: none was answered. */
  readonly latency: number | null
  /** Operations that failed since the start. */
  readonly errors: number
  /** When the last of them failed; null: none did. */
  readonly failedAt: number | null
}

export interface KeysView {
  readonly tenants: number
  readonly due: number
  readonly failing: number
  /** Null: no step will come. */
  readonly nextStepAt: number | null
  readonly oldestAt: number | null
}

export interface FaultView {
  readonly at: number
  readonly level: 'warn' | 'error'
  readonly message: string
  readonly facts: Readonly<Record<string, string>>
  readonly count: number
}
