import { inTime } from '../../async/in-time.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import type { PostgresTimes } from './postgres-driver.ts'
import { ownFault } from './postgres-fault.ts'
import { PostgresPrimary } from './postgres-primary.ts'
import type { PostgresTarget } from './postgres-url.ts'

export interface PostgresPoolOptions extends PostgresTimes {
  /** The most connections at once, at least 1. */
  readonly pool: number
}

/** A caller that waits for a connection. */
interface Claim {
  isGivenUp: boolean
  phase: 'waiting' | 'connecting'
}

/** Connections, each lent to one caller at a time. Methods throw {@link PostgresFault}. */
export class PostgresPool {
  readonly #primary: PostgresPrimary
  readonly #options: PostgresPoolOptions
  #idle: PostgresConnection[] = []
  #free: number
  readonly #waiting: { readonly claim: Claim; readonly resolve: () => void }[] = []
  #closing: Promise<void> | undefined

  constructor(target: PostgresTarget, options: PostgresPoolOptions) {
    this.#primary = new PostgresPrimary(target, options)
    this.#options = options
    this.#free = options.pool
  }

  /** Lends a connection to `work`. Waits for one as long as for a new connection. */
  async use<T>(work: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    const connection = this.#takeIdle() ?? (await this.#acquire())
    try {
      return await work(connection)
    } finally {
      this.#release(connection)
    }
  }

  /** See {@link PostgresPrimary.look}. */
  look(): Promise<void> {
    return this.#closing ? Promise.resolve() : this.#primary.look()
  }

  /** Waits for running work, and closes all connections. */
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

  /** Takes an idle connection. This is the usual case and needs no timer. */
  #takeIdle(): PostgresConnection | undefined {
    const idle = this.#closing || this.#free === 0 ? undefined : this.#popIdle()
    if (idle) this.#free--
    return idle
  }

  /** The connection that was used last, because it is most likely intact; the others can reach their idle timeout. */
  #popIdle(): PostgresConnection | undefined {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (idle.isBroken) continue
      if (this.#primary.isCurrent(idle)) return idle
      this.#closeOutdated([idle, ...this.#idle])
    }
    return undefined
  }

  /** Closes all idle connections at once. Otherwise they and their replacements would be more than the pool allows. */
  #closeOutdated(idle: readonly PostgresConnection[]): void {
    this.#idle = idle.filter((connection) => this.#primary.isCurrent(connection))
    for (const connection of idle) if (!this.#idle.includes(connection)) void connection.close()
  }

  async #acquire(): Promise<PostgresConnection> {
    if (this.#closing) throw ownFault('closed', 'it was closed')
    const { connectTimeoutMs: milliseconds, pool } = this.#options
    const claim: Claim = { isGivenUp: false, phase: 'waiting' }
    const acquiring = this.#take(claim)
    const late = () => {
      claim.isGivenUp = true
      // A connection that comes too late serves the next caller.
      acquiring.then(
        (connection) => this.#release(connection),
        () => {},
      )
      return claim.phase === 'waiting'
        ? ownFault('allBusy', `all ${pool} connections were in use for ${milliseconds} ms`)
        : ownFault('noAnswer', `no answer within ${milliseconds} ms`)
    }
    return inTime(acquiring, { milliseconds, late })
  }

  async #take(claim: Claim): Promise<PostgresConnection> {
    await this.#waitForTurn(claim)
    const idle = this.#popIdle()
    if (idle) return idle
    claim.phase = 'connecting'
    try {
      return await this.#primary.open()
    } catch (cause) {
      this.#passTurn()
      throw cause
    }
  }

  #release(connection: PostgresConnection): void {
    if (connection.isBroken) this.#primary.doubt(connection)
    else this.#idle.push(connection)
    this.#passTurn()
  }

  async #waitForTurn(claim: Claim): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push({ claim, resolve }))
  }

  #passTurn(): void {
    let next = this.#waiting.shift()
    while (next?.claim.isGivenUp) next = this.#waiting.shift()
    if (next) next.resolve()
    else this.#free++
  }
}
