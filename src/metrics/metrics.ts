import type { Samples } from './samples.ts'

/** Upper bounds of the histogram, in milliseconds; longer requests count in +Inf only. */
const bounds = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const

/** All other methods share one label, because each label takes memory and a client can send any method. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The counts of one route. */
interface RouteRow {
  /** Counts by bucket, each without the buckets below it. The last bucket is +Inf. */
  readonly buckets: number[]
  milliseconds: number
  /** Counts by method and status. */
  readonly answers: Map<string, Map<number, number>>
}

/** How a person ended a session: at the logout endpoint, on the account page, by a new password, or by another person's sign-in. */
export type SessionEnd = 'logout' | 'account' | 'password' | 'switch'

/** The counters of one process. */
export class Metrics {
  readonly #routes = new Map<string, RouteRow>()
  readonly #tokens = new Map<string, number>()
  readonly #replays = new Map<string, number>()
  readonly #throttled = new Map<string, number>()
  readonly #signIns = new Map<string, number>()
  #codes = 0
  readonly #sessionsEnded = new Map<SessionEnd, number>()
  readonly #logouts = new Map<string, number>()
  readonly #accountChanges = new Map<string, number>()
  readonly #endedConnections = new Map<string, number>()
  #connections: number | undefined

  /** Counts an answer. `route` is a pattern; undefined: no route matched. */
  countRequest(route: string | undefined, method: string, status: number, milliseconds: number): void {
    const row = this.#rowOf(route ?? 'none')
    let bucket = 0
    while (bucket < bounds.length && milliseconds > (bounds[bucket] ?? 0)) bucket++
    row.buckets[bucket] = (row.buckets[bucket] ?? 0) + 1
    row.milliseconds += milliseconds
    const known = knownMethods.has(method) ? method : 'other'
    let statuses = row.answers.get(known)
    if (!statuses) {
      statuses = new Map()
      row.answers.set(known, statuses)
    }
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }

  countToken(grantType: string, algorithm: string): void {
    const key = `grant_type="${grantType}",algorithm="${algorithm}"`
    this.#tokens.set(key, (this.#tokens.get(key) ?? 0) + 1)
  }

  /** Counts something that works once and came twice; `kind` is `code` or `refresh_token`. */
  countReplay(kind: string): void {
    this.#replays.set(kind, (this.#replays.get(kind) ?? 0) + 1)
  }

  /** Counts a request that must wait after too many failures; `kind` is the kind of limit, such as `client`. */
  countThrottled(kind: string): void {
    this.#throttled.set(kind, (this.#throttled.get(kind) ?? 0) + 1)
  }

  /** Counts an authorization code. */
  countCode(): void {
    this.#codes++
  }

  /** Counts an attempt to sign in. `wait`: it came too soon after others that failed. */
  countSignIn(outcome: 'success' | 'wrong' | 'wait'): void {
    this.#signIns.set(outcome, (this.#signIns.get(outcome) ?? 0) + 1)
  }

  /** Counts sessions that ended before their time. */
  countSessionsEnded(by: SessionEnd, count: number): void {
    this.#sessionsEnded.set(by, (this.#sessionsEnded.get(by) ?? 0) + count)
  }

  /** Counts logout tokens by what became of them, after the last attempt. */
  countLogout(outcome: 'sent' | 'failed'): void {
    this.#logouts.set(outcome, (this.#logouts.get(outcome) ?? 0) + 1)
  }

  /** Counts what people changed themselves. */
  countAccountChange(change: 'password_changed' | 'consent_withdrawn'): void {
    this.#accountChanges.set(change, (this.#accountChanges.get(change) ?? 0) + 1)
  }

  /** Takes the number of open connections. */
  noteConnections(open: number): void {
    this.#connections = open
  }

  /** Counts a connection that broke a limit. */
  countEndedConnection(reason: string): void {
    this.#endedConnections.set(reason, (this.#endedConnections.get(reason) ?? 0) + 1)
  }

  samples(): Samples {
    const samples: Record<string, number> = {}
    for (const [route, row] of this.#routes) {
      for (const [method, statuses] of row.answers) {
        for (const [status, count] of statuses) {
          samples[`grantd_http_requests_total{route=${quote(route)},method="${method}",status="${status}"}`] =
            count
        }
      }
    }
    for (const [route, row] of this.#routes) Object.assign(samples, histogramOf(route, row))
    for (const [labels, count] of this.#tokens) samples[`grantd_tokens_issued_total{${labels}}`] = count
    for (const [kind, count] of this.#replays) samples[`grantd_replays_total{kind=${quote(kind)}}`] = count
    for (const [kind, count] of this.#throttled)
      samples[`grantd_throttled_requests_total{kind=${quote(kind)}}`] = count
    for (const [outcome, count] of this.#signIns)
      samples[`grantd_sign_ins_total{outcome=${quote(outcome)}}`] = count
    if (this.#codes > 0) samples['grantd_authorization_codes_issued_total'] = this.#codes
    for (const [by, count] of this.#sessionsEnded)
      samples[`grantd_sessions_ended_total{by=${quote(by)}}`] = count
    for (const [outcome, count] of this.#logouts)
      samples[`grantd_logout_tokens_total{outcome=${quote(outcome)}}`] = count
    for (const [change, count] of this.#accountChanges)
      samples[`grantd_account_changes_total{change=${quote(change)}}`] = count
    if (this.#connections !== undefined) samples['grantd_connections'] = this.#connections
    for (const [reason, count] of this.#endedConnections)
      samples[`grantd_connections_closed_total{reason=${quote(reason)}}`] = count
    return samples
  }

  #rowOf(route: string): RouteRow {
    const found = this.#routes.get(route)
    if (found) return found
    const row = { buckets: new Array<number>(bounds.length + 1).fill(0), milliseconds: 0, answers: new Map() }
    this.#routes.set(route, row)
    return row
  }
}

function histogramOf(route: string, { buckets, milliseconds }: RouteRow): Samples {
  const name = 'grantd_http_request_duration_seconds'
  const label = `route=${quote(route)}`
  const samples: Record<string, number> = {}
  let count = 0
  for (const [index, inBucket] of buckets.entries()) {
    count += inBucket
    const bound = bounds[index]
    samples[`${name}_bucket{${label},le="${bound === undefined ? '+Inf' : bound / 1000}"}`] = count
  }
  samples[`${name}_sum{${label}}`] = milliseconds / 1000
  samples[`${name}_count{${label}}`] = count
  return samples
}

/** Renders a label value of the text format. */
function quote(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`
}
