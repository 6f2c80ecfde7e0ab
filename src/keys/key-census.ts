import type { Gate } from '../async/gate.ts'
import type { Entry } from './key-entry.ts'
import type { UnopenedTenants } from './unopened-tenants.ts'

/** Counts over the keys of all tenants that a process knows. It names none of them. */
export interface KeyCensus {
  readonly tenants: number
  /** Tenants with a step of their rotation due now. */
  readonly due: number
  /** Tenants whose keys cannot be read, or whose active key cannot sign. */
  readonly failing: number
  /** Milliseconds since the epoch. Undefined: no tenant has such a time. A step that is due already counts as now. */
  readonly nextStepAt: number | undefined
  /** When the oldest and the newest of the active keys began to sign. */
  readonly oldestActivatedAt: number | undefined
  readonly newestActivatedAt: number | undefined
  /** Keys that wait to be opened, and requests that found too many waiting. */
  readonly queue: Pick<Gate, 'waiting' | 'refused'>
}

interface CensusOptions {
  readonly opened: ReadonlyMap<string, Pick<Entry, 'ring' | 'failingSince'>>
  readonly surveyed: Pick<UnopenedTenants, 'list' | 'failing'>
  readonly queue: KeyCensus['queue']
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Counts the keys of the tenants that this process has opened or surveyed. */
export function takeCensus({ opened, surveyed, queue, now }: CensusOptions): KeyCensus {
  const entries = [...opened.values()]
  const counted = [...entries.map(({ ring }) => ring), ...surveyed.list()]
  const failing = entries.filter(({ ring, failingSince }) => ring.failure !== undefined || failingSince)
  const times = counted.flatMap(({ activatedAt }) => (activatedAt === null ? [] : [activatedAt]))
  const next = smallest(counted.map(({ dueAt }) => Math.max(dueAt, now)))
  return {
    tenants: counted.length,
    due: counted.filter(({ dueAt }) => dueAt <= now).length,
    failing: failing.length + surveyed.failing,
    nextStepAt: next === Number.POSITIVE_INFINITY ? undefined : next,
    oldestActivatedAt: smallest(times),
    newestActivatedAt: largest(times),
    queue,
  }
}

/** Not `Math.min(...values)`, because a call takes a limited number of arguments. */
function smallest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b))
}

function largest(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b))
}
