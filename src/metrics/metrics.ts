import { Counter } from './counter.ts'
import { Histogram } from './histogram.ts'
import { renderLabels, type Samples } from './samples.ts'

/** Upper bounds of the histogram of requests, in milliseconds. */
const bounds = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const

/** All other methods share one label, because each label takes memory and a client can send any method. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The counts of one route. */
interface RouteRow {
  readonly durations: Histogram
  /** Counts by method and status. */
  readonly answers: Map<string, Map<number, number>>
}

/** How a person ended a session: at the logout endpoint, on the account page, by a new password, or by another person's sign-in. */
export type SessionEnd = 'logout' | 'account' | 'password' | 'switch'

/**
 * A reason that is a few words of our own code. Any other text may be that of a library or name something, so its series would have no
 * bound.
 */
const plainWords = /^[a-z]+(?:[_ -][a-z]+){0,8}$/i

/** What one process counts about requests. */
export class Metrics {
  readonly #routes = new Map<string, RouteRow>()
  readonly #errors = new Counter('grantd_errors_total', 'code', 'reason')
  readonly #tokens = new Counter('grantd_tokens_issued_total', 'grant_type', 'algorithm')
  readonly #replays = new Counter('grantd_replays_total', 'kind')
  readonly #throttled = new Counter('grantd_throttled_requests_total', 'kind')
  readonly #signIns = new Counter('grantd_sign_ins_total', 'outcome')
  readonly #codes = new Counter('grantd_authorization_codes_issued_total')
  readonly #sessionsEnded = new Counter('grantd_sessions_ended_total', 'by')
  readonly #logouts = new Counter('grantd_logout_tokens_total', 'outcome')
  readonly #accountChanges = new Counter('grantd_account_changes_total', 'change')
  readonly #endedConnections = new Counter('grantd_connections_closed_total', 'reason')
  #connections: number | undefined

  /** Counts an answer. `route` is a pattern; undefined: no route matched. */
  countRequest(route: string | undefined, method: string, status: number, milliseconds: number): void {
    const row = this.#rowOf(route ?? 'none')
    row.durations.observe(milliseconds)
    const known = knownMethods.has(method) ? method : 'other'
    let statuses = row.answers.get(known)
    if (!statuses) {
      statuses = new Map()
      row.answers.set(known, statuses)
    }
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }

  /** Counts an error of this code. The first reason that is only a few words names the check that failed. */
  countError(code: string, ...reasons: readonly (string | undefined)[]): void {
    const known = reasons.filter((reason) => reason !== undefined)
    const named = known.find((reason) => plainWords.test(reason))
    this.#errors.count(code, named ?? (known.length === 0 ? 'none' : 'other'))
  }

  countToken(grantType: string, algorithm: string): void {
    this.#tokens.count(grantType, algorithm)
  }

  /** Counts something that works once and came twice; `kind` is `code` or `refresh_token`. */
  countReplay(kind: string): void {
    this.#replays.count(kind)
  }

  /** Counts a request that must wait after too many failures; `kind` is the kind of limit, such as `client`. */
  countThrottled(kind: string): void {
    this.#throttled.count(kind)
  }

  /** Counts an authorization code. */
  countCode(): void {
    this.#codes.count()
  }

  /** Counts an attempt to sign in. `wait`: it came too soon after others that failed. */
  countSignIn(outcome: 'success' | 'wrong' | 'wait'): void {
    this.#signIns.count(outcome)
  }

  /** Counts sessions that ended before their time. */
  countSessionsEnded(by: SessionEnd, count: number): void {
    this.#sessionsEnded.add(count, by)
  }

  /** Counts logout tokens by what became of them, after the last attempt. */
  countLogout(outcome: 'sent' | 'failed'): void {
    this.#logouts.count(outcome)
  }

  /** Counts what people changed themselves. */
  countAccountChange(change: 'password_changed' | 'consent_withdrawn'): void {
    this.#accountChanges.count(change)
  }

  /** Takes the number of open connections. */
  noteConnections(open: number): void {
    this.#connections = open
  }

  /** Counts a connection that broke a limit. */
  countEndedConnection(reason: string): void {
    this.#endedConnections.count(reason)
  }

  samples(): Samples {
    const counters = [
      ...[this.#errors, this.#tokens, this.#replays, this.#throttled, this.#signIns, this.#codes],
      ...[this.#sessionsEnded, this.#logouts, this.#accountChanges, this.#endedConnections],
    ]
    const open = this.#connections === undefined ? {} : { grantd_connections: this.#connections }
    return Object.assign({}, this.#requestSamples(), open, ...counters.map((counter) => counter.samples()))
  }

  #requestSamples(): Samples {
    const samples: Record<string, number> = {}
    for (const [route, { answers, durations }] of this.#routes) {
      for (const [method, statuses] of answers) {
        for (const [status, count] of statuses) {
          const labels = renderLabels({ route, method, status: String(status) })
          samples[`grantd_http_requests_total${labels}`] = count
        }
      }
      Object.assign(samples, durations.samples('grantd_http_request_duration_seconds', { route }))
    }
    return samples
  }

  #rowOf(route: string): RouteRow {
    const found = this.#routes.get(route)
    if (found) return found
    const row = { durations: new Histogram(bounds), answers: new Map() }
    this.#routes.set(route, row)
    return row
  }
}
