import { inTime } from '../../async/in-time.ts'
import { PostgresConnection } from './postgres-connection.ts'
import type { PostgresTimes } from './postgres-driver.ts'
import { combineFaults, ownFault, type PostgresFault, readFault } from './postgres-fault.ts'
import { isOlder, type Lineage, lineageText, readLineage } from './postgres-role.ts'
import type { PostgresHost, PostgresTarget } from './postgres-url.ts'

/**
 * The time (ms) for the other hosts to answer after one takes writes. One of them may have been promoted later, and is slow when all
 * connect to it at once; one that is silent holds everybody up for so long.
 */
const patienceOf = ({ connectTimeoutMs }: PostgresTimes) => Math.min(connectTimeoutMs / 4, 2000)
/** Milliseconds before a failed search is repeated, so that failing requests do not keep a standby busy. */
const pauseAfterFailure = 200

interface Found {
  readonly host: PostgresHost
  readonly lineage: Lineage | undefined
}

/**
 * Finds the primary among several hosts. Of two servers that take writes, it uses the one that was promoted later, because the other one
 * does not have the revocations since then. Methods throw {@link PostgresFault}.
 */
export class PostgresPrimary {
  readonly #target: PostgresTarget
  readonly #times: PostgresTimes
  /** The last known host of the primary; undefined: a search is necessary. */
  #host: PostgresHost | undefined
  #searching: Promise<PostgresHost> | undefined
  /** The latest lineage that a server reported. */
  #newest: Lineage | undefined
  /** False after a server did not understand the query. Some servers only speak the protocol of Postgres. */
  #asksLineage = true
  #generation = 0

  constructor(target: PostgresTarget, times: PostgresTimes) {
    this.#target = target
    this.#times = times
  }

  /** Whether the connection may be used: no fault since its opening suggests that its server is no longer the primary. */
  isCurrent(connection: PostgresConnection): boolean {
    return connection.generation === this.#generation
  }

  /** Notes that a connection broke. Connections that were opened with it likely lead to the same server. */
  doubt(connection: PostgresConnection): void {
    if (!this.isCurrent(connection)) return
    this.#generation++
    this.#host = undefined
  }

  async open(): Promise<PostgresConnection> {
    const host = this.#onlyHost ?? this.#host ?? (await this.#search())
    try {
      const connection = await this.#connect(host)
      this.#accept(connection.lineage)
      connection.generation = this.#generation
      return connection
    } catch (cause) {
      this.#host = undefined
      throw cause
    }
  }

  /**
   * Checks whether another host was promoted while the former primary still runs. Throws {@link PostgresFault} if a server takes writes
   * that should not.
   */
  async look(): Promise<void> {
    const current = this.#host
    if (!this.#newest || !current) return
    const others = this.#target.hosts.filter((host) => host !== current)
    const alarms: PostgresFault[] = []
    const visit = async (host: PostgresHost) => {
      try {
        this.#follow(await this.#visit(host))
      } catch (cause) {
        const fault = readFault(cause)
        if (fault.needsOperator) alarms.push(fault.at(host))
      }
    }
    await Promise.all(others.map(visit))
    if (alarms[0]) throw alarms[0]
  }

  #follow({ host, lineage }: Found): void {
    if (!lineage || !this.#newest || !isOlder(this.#newest, lineage)) return
    this.#accept(lineage)
    this.#host = host
  }

  get #onlyHost(): PostgresHost | undefined {
    const { hosts } = this.#target
    return hosts.length === 1 ? hosts[0] : undefined
  }

  /** All callers share one search. */
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
    if (found.length > 0) {
      const milliseconds = patienceOf(this.#times)
      await inTime(all, { milliseconds, late: () => new Error() }).catch(() => {})
    }
    const latest = chooseLatest(hosts, found)
    if (latest) return latest.host
    throw combineFaults(hosts, faultsOf(await all))
  }

  /** Connects, asks and closes. */
  async #visit(host: PostgresHost): Promise<Found> {
    const connection = await this.#connect(host)
    const { lineage } = connection
    void connection.close()
    const stranger = lineage && this.#newest && lineage.system !== this.#newest.system
    if (stranger) throw otherCluster()
    return { host, lineage }
  }

  async #connect(host: PostgresHost): Promise<PostgresConnection> {
    const connection = await PostgresConnection.open({ target: this.#target, host, times: this.#times })
    try {
      connection.lineage = await this.#askLineage(connection)
      this.#check(connection.lineage)
      return connection
    } catch (cause) {
      void connection.close()
      throw cause
    }
  }

  /** Returns undefined if the lineage is not known. Behind a pooler, the next transaction can be at another server. */
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

  /** Throws for a server of an older timeline. */
  #check(lineage: Lineage | undefined): void {
    const newest = this.#newest
    if (!lineage || !newest || !isOlder(lineage, newest)) return
    const [old, since] = [lineage.timeline, newest.timeline]
    throw ownFault('leftBehind', `the server is on timeline ${old}, and another was promoted to ${since}`)
  }

  /** Remembers the lineage. From now on, servers of an older timeline and earlier connections are not used. */
  #accept(lineage: Lineage | undefined): void {
    const newest = this.#newest
    if (!lineage || (newest?.system === lineage.system && newest.timeline >= lineage.timeline)) return
    this.#newest = lineage
    if (newest) this.#generation++
  }
}

const otherCluster = () => ownFault('otherCluster', 'the server is the primary of another cluster')

function faultsOf(outcomes: readonly PromiseSettledResult<unknown>[]): PostgresFault[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [readFault(outcome.reason)] : []))
}

/** Chooses the host that was promoted last, or the first in the order of the URL. Throws {@link PostgresFault} for servers of two clusters. */
function chooseLatest(hosts: readonly PostgresHost[], found: readonly Found[]): Found | undefined {
  const [first, ...others] = found.toSorted((a, b) => hosts.indexOf(a.host) - hosts.indexOf(b.host))
  const stranger = others.find(
    ({ lineage }) => lineage && first?.lineage && lineage.system !== first.lineage.system,
  )
  if (stranger) throw otherCluster().at(stranger.host)
  const isLater = (a: Found, b: Found) => b.lineage && a.lineage && isOlder(b.lineage, a.lineage)
  return first && others.reduce((best, next) => (isLater(next, best) ? next : best), first)
}
