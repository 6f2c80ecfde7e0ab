import type { Connections } from '../platform/connections.ts'
import type { Clock } from '../platform/platform.ts'
import { chooseEndings, type Ending } from './choose-endings.ts'
import { ConnectionBook, type ConnectionRecord } from './connection-book.ts'
import type { ConnectionLimits } from './connection-limits.ts'

export interface GuardOptions {
  readonly connections: Connections
  /** The limits, when so many descriptors are open for anything else. */
  readonly limits: (otherDescriptors: number) => ConnectionLimits
  /** The group that an address counts in; undefined: in none. */
  readonly groupOf: (address: string | undefined) => string | undefined
  readonly clock: Pick<Clock, 'after' | 'monotonic'>
  /** Refuses up to so many requests whose body is not whole, the oldest first, to make room. */
  readonly refuseBodies?: (count: number) => void
  /** Called after each look, with what was ended. */
  readonly onLook: (look: GuardLook) => void
}

export interface GuardLook {
  readonly now: number
  readonly open: number
  readonly endings: readonly Ending[]
}

/** Milliseconds between two looks when nothing presses. */
const longestPause = 1000
/** Between two questions whether the process is full, when few descriptors are left. */
const shortPause = 25
/** Between two looks when it is full, one millisecond for so many connections: a look takes about as long. */
const lookedAtInMillisecond = 1000
/** Connections that one look ends at most, so that requests need not wait for all of them. The next look goes on. */
const mostEndings = 1000
/** A process accepts at most so many connections in a millisecond. */
const mostAccepted = 10

/**
 * Looks at the connections of a listener and ends those that break a limit. It looks once a second, and more often when the process is
 * nearly full, because the runtime accepts whatever comes: without a free descriptor, nobody new is served.
 */
export class ConnectionGuard {
  readonly #options: GuardOptions
  readonly #book = new ConnectionBook()
  #limits: ConnectionLimits
  #others: number
  #lookedAt = Number.NEGATIVE_INFINITY
  #cancel: (() => void) | undefined
  /** The last look left some for the next one. */
  #isBehind = false
  #isStopped = false

  constructor(options: GuardOptions) {
    this.#options = options
    this.#others = 0
    this.#limits = options.limits(0)
  }

  start(): void {
    this.#look()
    this.#plan()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
  }

  /** Looks, if it is time to. */
  check(): void {
    const { connections, clock } = this.#options
    const isDue = this.#isBehind || clock.monotonic() - this.#lookedAt >= longestPause
    if (isDue || connections.isFullUpTo(this.#limits.most + this.#others)) this.#look()
  }

  #plan(): void {
    if (this.#isStopped) return
    this.#cancel = this.#options.clock.after(this.#pause(), () => {
      this.check()
      this.#plan()
    })
  }

  /** Shorter, the fewer connections have room: so many can come within it. */
  #pause(): number {
    const { connections } = this.#options
    const { most } = this.#limits
    const full = most + this.#others
    if (connections.isFullUpTo(full)) return Math.ceil(most / lookedAtInMillisecond)
    if (this.#isBehind) return shortPause
    const left = connections.isFullUpTo(full / 2) ? most / 4 : most / 2
    return Math.min(longestPause, Math.max(shortPause, left / mostAccepted))
  }

  #look(): void {
    const { connections, clock, limits, onLook, refuseBodies } = this.#options
    const now = clock.monotonic()
    this.#lookedAt = now
    const look = connections.look()
    this.#others = look.otherDescriptors
    this.#limits = limits(look.otherDescriptors)
    const records = this.#book.note(look.connections, now)
    const chosen = this.#choose(records, now)
    const endings = chosen.slice(0, mostEndings)
    this.#isBehind = chosen.length > endings.length
    const tooMany = records.length - chosen.length - this.#limits.most
    if (tooMany > 0) refuseBodies?.(tooMany)
    for (const { record } of endings) connections.end(record.connection)
    onLook({ now, open: records.length - endings.length, endings })
  }

  #choose(records: readonly ConnectionRecord[], now: number): readonly Ending[] {
    const { connections, groupOf } = this.#options
    let busy: ReadonlySet<string> | undefined
    const isBusy = ({ connection: { address, port } }: ConnectionRecord) => {
      // Few looks need to know it.
      busy ??= connections.findBusy()
      return busy.has(`${address}:${port}`)
    }
    return chooseEndings({
      ...{ records, now, isBusy, limits: this.#limits },
      groupOf: ({ connection }) => groupOf(connection.address),
    })
  }
}
