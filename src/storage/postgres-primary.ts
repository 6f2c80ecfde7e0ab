import { inTime } from './in-time.ts'
import { PostgresConnection, type PostgresTimes } from './postgres-connection.ts'
import { combineFaults, ownFault, type PostgresFault, readFault } from './postgres-fault.ts'
import { isOlder, type Lineage, lineageText, readLineage } from './postgres-role.ts'
import type { PostgresHost, PostgresTarget } from './postgres-url.ts'

/** Milliseconds that the other hosts have, once one takes writes, to say that they do since later. */
const patience = 250
/** Milliseconds before a search that found nothing is made again: requests that fail must not keep a standby busy. */
const pauseAfterFailure = 200

interface Found {
  readonly host: PostgresHost
  readonly lineage: Lineage | undefined
}

/**
 * The one of several hosts that takes the writes: of two, the one that was promoted later, for the other was left behind by it and
 * knows nothing of what was revoked since. Methods throw {@link PostgresFault}.
 */
export class PostgresPrimary {
  readonly #target: PostgresTarget
  readonly #times: PostgresTimes
  /** Where it was last, of several hosts; undefined: to be searched. */
  #host: PostgresHost | undefined
  #searching: Promise<PostgresHost> | undefined
  /** The latest that was met. */
  #newest: Lineage | undefined
  /** False once a server did not know what it was asked, as those that only speak the protocol of Postgres. */
  #asksLineage = true
  #generation = 0

  constructor(target: PostgresTarget, times: PostgresTimes) {
    this.#target = target
    this.#times = times
  }

  /** Whether nothing was heard since the connection was opened that speaks against it. */
  isCurrent(connection: PostgresConnection): boolean {
    return connection.generation === this.#generation
  }

  /** Takes note that a connection broke: those that were opened with it likely lead to the same server. */
  doubt(connection: PostgresConnection): void {
    if (!this.isCurrent(connection)) return
    this.#generation++
    this.#host = undefined
  }

  async open(): Promise<PostgresConnection> {
    const host = this.#onlyHost ?? this.#host ?? (await this.#search())
    try {
      return await this.#openAt(host)
    } catch (cause) {
      this.#host = undefined
      throw cause
    }
  }

  /** Looks whether another host was promoted, while the one that was the primary lives on. */
  async look(): Promise<void> {
    const { hosts } = this.#target
    const [newest, current] = [this.#newest, this.#host]
    if (!newest || !current) return
    const others = hosts.filter((host) => host !== current)
    await Promise.all(others.map((host) => this.#visit(host).catch(() => {})))
    if (this.#newest !== newest) this.#host = undefined
  }

  get #onlyHost(): PostgresHost | undefined {
    const { hosts } = this.#target
    return hosts.length === 1 ? hosts[0] : undefined
  }

  /** One search for all who wait for it. */
  #search(): Promise<PostgresHost> {
    this.#searching ??= this.#beginSearch()
    return this.#searching
  }

  #beginSearch(): Promise<PostgresHost> {
    const searching = this.#find()
    const forget = () => {
      this.#searching = undefined
    }
    searching.then(
      (host) => {
        this.#host = host
        forget()
      },
      () => setTimeout(forget, pauseAfterFailure),
    )
    return searching
  }

  async #find(): Promise<PostgresHost> {
    const { hosts } = this.#target
    const found: Found[] = []
    const visits = hosts.map(async (host) => void found.push(await this.#visit(host)))
    const all = Promise.allSettled(visits)
    await Promise.any(visits).catch(() => {})
    if (found.length === 0) throw combineFaults(hosts, faultsOf(await all))
    await inTime(all, { milliseconds: patience, late: () => new Error() }).catch(() => {})
    return chooseLatest(hosts, found)
  }

  /** Connects for a moment. */
  async #visit(host: PostgresHost): Promise<Found> {
    const connection = await this.#openAt(host)
    void connection.close()
    return { host, lineage: connection.lineage }
  }

  async #openAt(host: PostgresHost): Promise<PostgresConnection> {
    const connection = await PostgresConnection.open({ target: this.#target, host, times: this.#times })
    try {
      connection.lineage = await this.#askLineage(connection)
      this.#compare(connection.lineage)
      connection.generation = this.#generation
      return connection
    } catch (cause) {
      void connection.close()
      throw cause
    }
  }

  /** Undefined: nobody can say; behind a pooler, the next transaction may be at another server. */
  async #askLineage(connection: PostgresConnection): Promise<Lineage | undefined> {
    if (connection.isPooled || !this.#asksLineage) return undefined
    try {
      const [row] = await connection.run({ parts: [lineageText], values: [] }, this.#times.connectTimeoutMs)
      return readLineage(row)
    } catch (cause) {
      if (!['42883', '42501', '0A000'].includes(readFault(cause).code)) throw cause
      this.#asksLineage = false
      return undefined
    }
  }

  #compare(lineage: Lineage | undefined): void {
    const newest = this.#newest
    if (!lineage) return
    if (newest && isOlder(lineage, newest)) {
      const [old, since] = [lineage.timeline, newest.timeline]
      throw ownFault('leftBehind', `is on timeline ${old}, and another server was promoted to ${since}`)
    }
    if (newest?.system === lineage.system && newest.timeline === lineage.timeline) return
    this.#newest = lineage
    if (newest) this.#generation++
  }
}

function faultsOf(outcomes: readonly PromiseSettledResult<unknown>[]): PostgresFault[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [readFault(outcome.reason)] : []))
}

/** Where none was promoted later, the first one in the order of the URL. */
function chooseLatest(hosts: readonly PostgresHost[], found: readonly Found[]): PostgresHost {
  const inOrder = found.toSorted((a, b) => hosts.indexOf(a.host) - hosts.indexOf(b.host))
  const isLater = (a: Found, b: Found) => b.lineage && a.lineage && isOlder(b.lineage, a.lineage)
  return inOrder.reduce((best, next) => (isLater(next, best) ? next : best)).host
}
