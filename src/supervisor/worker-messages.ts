import type { Samples } from '../metrics/samples.ts'

/** The environment variable that makes a process a worker, where it has a channel to its supervisor too. */
export const workerVariable = 'GRANTD_WORKER'

/** What the configuration that a worker read means for all of them. */
export interface Plan {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  /** Whether what one worker writes is there for the others. */
  readonly isShared: boolean
  /** Milliseconds that a worker may serve after it was told to stop. */
  readonly shutdownDelay: number
  /** Where metrics are served; null: nowhere. */
  readonly metrics: { readonly host: string; readonly port: number } | null
}

/** What all workers of one start or reload read, found once by their supervisor. */
export interface ConfigSource {
  /** As it was found, for people read it in what is wrong; null: there is no file, and a demo is served. */
  readonly path: string | null
  /** The absolute folder of the file, where its relative paths begin. */
  readonly folder: string
  /** The bytes of the file as text, so that all have the same; null: read it yourself and say what is wrong with it. */
  readonly text: string | null
}

/** What the supervisor gives each worker. */
export interface Place {
  /** That of the start, whatever a later configuration says. */
  readonly host: string
  readonly port: number
  /** All of them, this one too. */
  readonly workers: number
}

export type ToWorker =
  /** The first message. A quiet one repeats no warning. */
  | { readonly type: 'begin'; readonly config: ConfigSource; readonly isQuiet: boolean }
  /** On this host and port, as one of so many workers. */
  | ({ readonly type: 'listen' } & Place)
  | { readonly type: 'steer'; readonly first: number; readonly count: number }
  | { readonly type: 'release' }
  /** Let connections go at their next answer, and take new ones as before. */
  | { readonly type: 'leave' }
  /** Serve for the shutdown delay before, or begin to stop now. */
  | { readonly type: 'stop'; readonly keepServing: boolean }
  | { readonly type: 'metrics' }

export type ToSupervisor =
  | { readonly type: 'planned'; readonly plan: Plan }
  /** It answers requests; `text` is for the person who started the server. */
  | { readonly type: 'ready'; readonly text: string }
  | { readonly type: 'steered'; readonly isDone: boolean }
  /** It takes no more connections, and ends once its last answer has left. */
  | { readonly type: 'closed' }
  | { readonly type: 'metrics'; readonly samples: Samples }
