import type { BuildInfo } from '../../build-info.ts'
import { htmlPage } from '../../http/answer/html-page.ts'
import type { Fault } from '../../metrics/fault-ring.ts'
import type { ProcessStatus } from '../../metrics/process-status.ts'
import type { ReloadLog } from '../../metrics/reload-log.ts'
import type { Samples } from '../../metrics/samples.ts'
import { type StatusPath, statusPath } from '../../metrics/serve-metrics.ts'
import { renderStatusPage } from '../../pages/status/status-page.ts'
import { statusStyle } from '../../pages/status/status-style.ts'
import type { StatusView, StorageView } from '../../pages/status/status-view.ts'

/** A process that serves requests, as the page shows it. */
export interface ShownProcess {
  /** The number of a worker; null: there is no supervisor. */
  readonly id: number | null
  readonly pid: number
  readonly state: 'starting' | 'serving' | 'stopping'
  /** Undefined: it has not told it. */
  readonly status: ProcessStatus | undefined
}

export interface StatusParts {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly build: BuildInfo
  /** Undefined: one process serves alone. */
  readonly supervisor:
    | { readonly pid: number; readonly startedAt: number; readonly faults: readonly Fault[] }
    | undefined
  readonly processes: readonly ShownProcess[]
  /** Of all processes together. */
  readonly samples: Samples
  readonly reloads: Pick<ReloadLog, 'last' | 'loadedAt'>
}

const mostFaults = 20

/** The status page, or its stylesheet. */
export function renderStatus(path: StatusPath, parts: StatusParts): Response {
  if (path === statusPath)
    return htmlPage(renderStatusPage(viewOf(parts)), { policy: { 'form-action': "'none'" } })
  return new Response(statusStyle, {
    headers: { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'no-cache' },
  })
}

function viewOf(parts: StatusParts): StatusView {
  const { now, build, supervisor, processes, samples, reloads } = parts
  const told = processes.flatMap(({ id, status }) => (status ? [{ id, status }] : []))
  const startedAt = supervisor?.startedAt ?? told[0]?.status.startedAt ?? now
  return {
    now,
    build,
    startedAt,
    supervisorPid: supervisor?.pid ?? null,
    restarts: samples['grantd_worker_restarts_total'] ?? 0,
    isClockOdd: samples['grantd_clock_odd'] === 1,
    processes: processes.map(({ id, pid, state, status }) => ({
      ...{ id, pid, state },
      startedAt: status?.startedAt ?? null,
      residentBytes: status?.residentBytes ?? null,
    })),
    storage: storageOf(
      told.map(({ status }) => status),
      samples,
    ),
    requests: requestsOf(samples),
    keys: keysOf(samples),
    audit: {
      waiting: samples['grantd_audit_waiting_events'] ?? 0,
      lagSeconds: samples['grantd_audit_lag_seconds'] ?? 0,
      lost: samples['grantd_audit_lost_events_total'] ?? 0,
    },
    queues: queuesOf(samples),
    configuration: { loadedAt: reloads.loadedAt, last: reloads.last ?? null },
    limits: told[0]?.status.limits ?? {},
    faults: faultsOf(parts),
  }
}

/** The slowest answer of all processes. One that got no answer decides. */
function storageOf(statuses: readonly ProcessStatus[], samples: Samples): StorageView | null {
  const [first] = statuses
  if (!first) return null
  const latencies = statuses.map(({ storage }) => storage.latency)
  const known = latencies.filter((latency) => latency !== null)
  return {
    kind: first.storage.kind,
    schema: first.storage.schema,
    reachable: known.length,
    asked: latencies.length,
    latency: known.length === 0 ? null : Math.max(...known),
    errors: sumOf(samples, 'grantd_storage_errors_total'),
    failedAt: momentOf(samples, 'grantd_storage_last_error_timestamp_seconds'),
  }
}

function requestsOf(samples: Samples): StatusView['requests'] {
  return {
    answered: sumOf(samples, 'grantd_http_requests_total'),
    failed: sumOf(samples, 'grantd_http_requests_total', (labels) => /status="5\d\d"/.test(labels)),
    tokens: sumOf(samples, 'grantd_tokens_issued_total'),
  }
}

function keysOf(samples: Samples): StatusView['keys'] {
  return {
    tenants: samples['grantd_keys_tenants'] ?? 0,
    due: samples['grantd_keys_due_tenants'] ?? 0,
    failing: samples['grantd_keys_failing_tenants'] ?? 0,
    nextStepAt: momentOf(samples, 'grantd_keys_next_step_timestamp_seconds'),
    oldestAt: momentOf(samples, 'grantd_keys_oldest_activated_timestamp_seconds'),
  }
}

/** The jobs that wait, by queue. */
function queuesOf(samples: Samples): Readonly<Record<string, number>> {
  const found = Object.entries(samples).flatMap(([key, value]) => {
    const queue = /^grantd_queue_waiting\{queue="([^"]*)"\}$/.exec(key)?.[1]
    return queue === undefined ? [] : [[queue, value] as const]
  })
  return Object.fromEntries(found)
}

/** The faults of all processes; each of a worker names it. */
function faultsOf({ supervisor, processes }: StatusParts): readonly Fault[] {
  const all = [
    ...(supervisor?.faults ?? []),
    ...processes.flatMap(({ id, status }) =>
      (status?.faults ?? []).map((fault) =>
        id === null ? fault : { ...fault, facts: { worker: String(id), ...fault.facts } },
      ),
    ),
  ]
  return all.sort((a, b) => b.at - a.at).slice(0, mostFaults)
}

/** Milliseconds since the epoch; null: the metric is not there. */
function momentOf(samples: Samples, name: string): number | null {
  const seconds = samples[name]
  return seconds === undefined ? null : seconds * 1000
}

/** The sum of a metric over its labels. */
function sumOf(samples: Samples, name: string, isWanted: (labels: string) => boolean = () => true): number {
  return Object.entries(samples).reduce((sum, [key, value]) => {
    const isIt = key === name || (key.startsWith(`${name}{`) && isWanted(key.slice(name.length)))
    return isIt ? sum + value : sum
  }, 0)
}
