import { inTime } from './in-time.ts'
import { PostgresConnection, type PostgresTimes } from './postgres-connection.ts'
import { ownCodes, PostgresFault } from './postgres-fault.ts'
import type { PostgresTarget } from './postgres-url.ts'

export interface PostgresPoolOptions extends PostgresTimes {
  /** The most connections at once, at least 1. */
  readonly pool: number
}

/** Somebody who wants a connection. */
interface Claim {
  isGivenUp: boolean
  phase: 'waiting' | 'connecting'
}

/** Connections, each lent to one caller at a time. Methods throw {@link PostgresFault}. */
export class PostgresPool {
  readonly #target: PostgresTarget
  readonly #options: PostgresPoolOptions
  #idle: PostgresConnection[] = []
  #free: number
  readonly #waiting: { readonly claim: Claim; readonly resolve: () => void }[] = []
  #closing: Promise<void> | undefined

  constructor(target: PostgresTarget, options: PostgresPoolOptions) {
    this.#target = target
    this.#options = options
    this.#free = options.pool
  }

  /** Lends a connection to `work`; waits for it no longer than for a connection. */
  async use<T>(work: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    const connection = await this.#acquire()
    try {
      return await work(connection)
    } finally {
      this.#release(connection)
    }
  }

  /** Waits for what runs, and closes every connection. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all(
      Array.from({ length: this.#options.pool }, () =>
        this.#waitForTurn({ isGivenUp: false, phase: 'waiting' }),
      ),
    )
    await Promise.all(this.#idle.map((connection) => connection.close()))
  }

  async #acquire(): Promise<PostgresConnection> {
    if (this.#closing)
      throw new PostgresFault({ code: ownCodes.lost, message: 'it was closed', endsConnection: true })
    const { connectTimeoutMs: milliseconds, pool } = this.#options
    const claim: Claim = { isGivenUp: false, phase: 'waiting' }
    const acquiring = this.#take(claim)
    const late = () => {
      claim.isGivenUp = true
      const message =
        claim.phase === 'waiting'
          ? `all ${pool} connections were in use for ${milliseconds} ms`
          : `no answer within ${milliseconds} ms`
      const code = claim.phase === 'waiting' ? ownCodes.allBusy : ownCodes.noAnswer
      // A connection that comes too late serves the next one.
      acquiring.then(
        (connection) => this.#release(connection),
        () => {},
      )
      return new PostgresFault({ code, message, endsConnection: false })
    }
    return inTime(acquiring, { milliseconds, late })
  }

  async #take(claim: Claim): Promise<PostgresConnection> {
    await this.#waitForTurn(claim)
    // The one that was used last is the likeliest to be whole, and the others get to their idle end.
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) if (!idle.isBroken) return idle
    claim.phase = 'connecting'
    try {
      return await PostgresConnection.open(this.#target, this.#options)
    } catch (cause) {
      this.#passTurn()
      throw cause
    }
  }

  #release(connection: PostgresConnection): void {
    if (!connection.isBroken) this.#idle.push(connection)
    this.#passTurn()
  }

  async #waitForTurn(claim: Claim): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push({ claim, resolve }))
  }

  #passTurn(): void {
    const next = this.#waiting.shift()
    if (!next) this.#free++
    else if (next.claim.isGivenUp) this.#passTurn()
    else next.resolve()
  }
}
