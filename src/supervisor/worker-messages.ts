import type { Included } from '../config/files/included.ts'
import type { ProcessStatus } from '../metrics/process-status.ts'
import type { Samples } from '../metrics/samples.ts'

/** The environment variable that makes a process with a channel to its supervisor a worker. */
export const workerVariable = 'GRANTD_WORKER'

/** The parts of a configuration that concern all workers, as one worker read them. */
export interface Plan {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Whether the workers share one storage. */
  readonly isShared: boolean
  /** A name of that storage, without its secrets. */
  readonly storage: string
  /** Milliseconds for which a worker still serves after the order to stop. */
  readonly shutdownDelay: number
  /** The address of the metrics; null: metrics are off. */
  readonly metrics: { readonly host: string; readonly port: number } | null
  /** `log` of the configuration, for the lines of the supervisor. */
  readonly log: { readonly level: 'info' | 'warn' | 'error'; readonly format: 'auto' | 'json' | 'pretty' }
  /** The folder of the server, absolute; null: it keeps nothing. */
  readonly dataDir: string | null
  /** Whether changes of the files are looked for. */
  readonly watch: boolean
}

/** The configuration that all workers of one start or reload read. Their supervisor finds it once. */
export interface ConfigSource {
  /** The path of the file, for messages; null: there is no file, and the server is a demo. */
  readonly path: string | null
  /** The absolute folder of the file, where its relative paths begin. */
  readonly folder: string
  /** The text of the file, the same for all workers; null: the worker reads the file itself and reports the fault. */
  readonly text: string | null
  /** What the text includes, read together with it; left out when the text is null. */
  readonly inclusion?: Included
}

/** What became of a configuration that was to be put in force. */
export type SwapResult =
  | {
      readonly isTaken: true
      /** Names of changed settings that wait for a restart. */
      readonly fixed: readonly string[]
      /** Names of changed settings for which new processes took over. Left out: the processes stayed. */
      readonly newProcesses?: readonly string[]
      readonly warnings: readonly string[]
      /** Whether the files are watched from now on. */
      readonly watch: boolean
    }
  | {
      readonly isTaken: false
      /** Each with file, line and column where it has a place. */
      readonly faults: readonly string[]
    }

/** What a configuration would change; `changes` are of config/changes/, and nobody here looks into them. */
export type PlanResult =
  | {
      readonly isTaken: true
      readonly changes: readonly unknown[]
      /** Names of changed settings that would wait for a restart. */
      readonly fixed: readonly string[]
      /** Names of changed settings for which a reload would let new processes take over. */
      readonly newProcesses?: readonly string[]
    }
  | { readonly isTaken: false; readonly faults: readonly string[] }

/** The place that the supervisor gives a worker. */
export interface Place {
  /** The port of the start; a later configuration does not change it. */
  readonly host: string
  readonly port: number
  /** Number of all workers, this one included. */
  readonly workers: number
}

export type ToWorker =
  /** The first message. A quiet worker prints no warning. */
  | { readonly type: 'begin'; readonly config: ConfigSource; readonly isQuiet: boolean }
  /** Listen on this host and port, as one of this number of workers. */
  | ({ readonly type: 'listen' } & Place)
  | { readonly type: 'steer'; readonly first: number; readonly count: number }
  | { readonly type: 'release' }
  /** Close each connection with its next answer, and accept new ones as before. */
  | { readonly type: 'leave' }
  /** Stop: after the shutdown delay, or now. */
  | { readonly type: 'stop'; readonly keepServing: boolean }
  /** Listen with the newest certificate too. */
  | { readonly type: 'renew' }
  /** End the listening with the older certificate, and keep its connections until they end. */
  | { readonly type: 'retire' }
  | { readonly type: 'metrics' }
  | { readonly type: 'status' }
  /** Make everything that another configuration needs, and go on with the one in force. */
  | { readonly type: 'prepare'; readonly config: ConfigSource }
  /** Put the prepared configuration in force. */
  | { readonly type: 'commit' }
  /** Say what a configuration would change. */
  | { readonly type: 'plan'; readonly config: ConfigSource }
  /** Forget the prepared configuration. */
  | { readonly type: 'abort' }
  /** Whether the newest configuration was refused, for /health/ready. */
  | { readonly type: 'note'; readonly isConfigRejected: boolean }

export type ToSupervisor =
  | { readonly type: 'planned'; readonly plan: Plan }
  /** The worker answers requests; `text` is for the person who started the server. */
  | { readonly type: 'ready'; readonly text: string }
  | { readonly type: 'steered'; readonly isDone: boolean }
  /** The worker accepts no more connections, and ends after its last answer. */
  | { readonly type: 'closed' }
  /** The files of the certificate have another good pair. */
  | { readonly type: 'certificate'; readonly fingerprint: string }
  | { readonly type: 'renewed'; readonly isDone: boolean }
  | { readonly type: 'retired' }
  | { readonly type: 'metrics'; readonly samples: Samples }
  | { readonly type: 'status'; readonly status: ProcessStatus }
  | { readonly type: 'prepared'; readonly result: SwapResult }
  | { readonly type: 'compared'; readonly result: PlanResult }
  | { readonly type: 'committed' }
