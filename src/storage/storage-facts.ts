import type { Platform } from '../platform/platform.ts'

/** A store as it is, before anything in it is changed. */
export interface StorageFacts {
  readonly kind: 'memory' | 'sqlite' | 'postgres'
  /** Names the store in messages, without its password. */
  readonly place: string
  /** The schema that it has; null: it is not there yet, or has none. */
  readonly schema: number | null
  /** The schema that this grantd makes and needs. */
  readonly known: number
  /** Milliseconds of one small read, in full; null: nothing was read. */
  readonly latency: number | null
  /** The clock of a database server; null: the store has none. Milliseconds since the epoch. */
  readonly clock: StorageClock | null
}

/** What a database server says of the time, and when it was asked. */
export interface StorageClock {
  readonly at: number
  readonly askedAt: number
  readonly answeredAt: number
}

export type ExamineHost = Pick<Platform, 'files' | 'sqlite' | 'now' | 'monotonic'>
