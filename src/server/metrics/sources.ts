import { inTime } from '../../async/in-time.ts'
import type { AuditState } from '../../audit/audit-log.ts'
import type { KeyCensus } from '../../keys/key-census.ts'
import type { StorageStatus } from '../../metrics/process-status.ts'
import { renderLabels, type Samples } from '../../metrics/samples.ts'
import { knownSchema } from '../../storage/migrate.ts'
import type { Storage } from '../../storage/storage.ts'

/** A queue: the jobs that wait, and those that found it full since the start. */
interface Queue {
  readonly queue: { readonly waiting: number; readonly refused: number }
}

/** The parts of a server that tell numbers about themselves. */
export interface Sources {
  readonly storage: Pick<Storage, 'name' | 'check'>
  readonly auditState: () => AuditState
  readonly lifecycle: { readonly isClockOdd?: boolean }
  readonly keyring: { takeCensus(): KeyCensus }
  readonly secrets: Queue
  readonly signIns: { readonly passwords: Queue }
  readonly logoutNotices: Queue
  /** Undefined: the server speaks no TLS. */
  readonly tls: { samples(): Samples } | undefined
}

/** The numbers of the parts now. Their count does not depend on the number of tenants. */
export function sourceSamples(sources: Sources): Samples {
  const { keyring, secrets, signIns, logoutNotices, auditState, lifecycle, tls } = sources
  const census = keyring.takeCensus()
  const queues = { secrets, passwords: signIns.passwords, keys: census, logout: logoutNotices }
  const samples: Record<string, number> = {}
  for (const [name, { queue }] of Object.entries(queues)) {
    const labels = renderLabels({ queue: name })
    samples[`grantd_queue_waiting${labels}`] = queue.waiting
    samples[`grantd_queue_refused_total${labels}`] = queue.refused
  }
  const audit = auditState()
  return {
    ...samples,
    grantd_audit_waiting_events: audit.waiting,
    grantd_audit_lag_seconds: audit.lag / 1000,
    grantd_audit_lost_events_total: audit.lost,
    grantd_audit_write_failures_total: audit.failures,
    ...keySamples(census),
    grantd_clock_odd: lifecycle.isClockOdd ? 1 : 0,
    ...tls?.samples(),
  }
}

function keySamples(census: KeyCensus): Samples {
  const times = {
    grantd_keys_oldest_activated_timestamp_seconds: census.oldestActivatedAt,
    grantd_keys_newest_activated_timestamp_seconds: census.newestActivatedAt,
    grantd_keys_next_step_timestamp_seconds: census.nextStepAt,
  }
  const known = Object.entries(times).flatMap(([name, at]) => (at === undefined ? [] : [[name, at / 1000]]))
  return {
    grantd_keys_tenants: census.tenants,
    grantd_keys_due_tenants: census.due,
    grantd_keys_failing_tenants: census.failing,
    ...Object.fromEntries(known),
  }
}

/** Milliseconds. */
const longestCheck = 1000

/** Reads from the storage once. */
export async function measureStorage(
  storage: Sources['storage'] | undefined,
  monotonic: () => number,
): Promise<StorageStatus> {
  if (!storage) return { kind: 'not opened yet', schema: null, latency: null }
  const { name } = storage
  const schema = name === 'memory' ? null : knownSchema[name]
  const started = monotonic()
  try {
    await inTime(storage.check(), {
      milliseconds: longestCheck,
      late: () => new Error('The storage did not answer in time'),
    })
    return { kind: name, schema, latency: monotonic() - started }
  } catch {
    return { kind: name, schema, latency: null }
  }
}
