/** Values by name and labels, in the form of the Prometheus text format: `name{label="value"}`. */
export type Samples = Readonly<Record<string, number>>

interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
}

/** All metrics, in the order of the output. No label is a tenant, a client or a text of a request. */
const families: readonly Family[] = [
  { name: 'grantd_build_info', type: 'gauge', help: 'Always 1; the labels say what runs' },
  {
    name: 'grantd_http_requests_total',
    type: 'counter',
    help: 'Answered requests by route pattern, method and status',
  },
  {
    name: 'grantd_http_request_duration_seconds',
    type: 'histogram',
    help: 'From the head of a request until its answer is there, by route pattern',
  },
  {
    name: 'grantd_tokens_issued_total',
    type: 'counter',
    help: 'Tokens of the token endpoint by grant type and signature algorithm',
  },
  {
    name: 'grantd_replays_total',
    type: 'counter',
    help: 'Authorization codes and refresh tokens that came a second time, which ended all that came of them',
  },
  {
    name: 'grantd_throttled_requests_total',
    type: 'counter',
    help: 'Requests answered 429 because too many attempts failed, by what was tried',
  },
  {
    name: 'grantd_sign_ins_total',
    type: 'counter',
    help: 'Attempts to sign in with a password by their outcome',
  },
  {
    name: 'grantd_authorization_codes_issued_total',
    type: 'counter',
    help: 'Authorization codes',
  },
  {
    name: 'grantd_connections',
    type: 'gauge',
    help: 'Open connections of clients, counted once a second',
  },
  {
    name: 'grantd_connections_closed_total',
    type: 'counter',
    help: 'Connections that the server ended because of a limit of server.connections, by the limit',
  },
  {
    name: 'grantd_workers',
    type: 'gauge',
    help: 'Processes that take requests; those that finish after a reload are none of them',
  },
  {
    name: 'grantd_worker_restarts_total',
    type: 'counter',
    help: 'Workers started in place of one that ended',
  },
  { name: 'grantd_reloads_total', type: 'counter', help: 'Reloads of the configuration by their result' },
  {
    name: 'grantd_config_rejected',
    type: 'gauge',
    help: '1 while the newest configuration has a fault and the one before it is in force',
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'Processor time of all processes, those that ended too',
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of all processes; what they share counts for each',
  },
]

const gauges = new Set(families.flatMap(({ name, type }) => (type === 'gauge' ? [name] : [])))

export function buildSamples({ version, commit }: { version: string; commit: string }): Samples {
  return { [`grantd_build_info{version="${version}",commit="${commit}"}`]: 1 }
}

/** Adds the samples of several processes. */
export function addSamples(all: readonly Samples[]): Samples {
  const sum: Record<string, number> = {}
  for (const samples of all) {
    for (const [key, value] of Object.entries(samples)) sum[key] = (sum[key] ?? 0) + value
  }
  return sum
}

/** The samples that stay after the end of their process: counters, which must never go back. Memory is left out. */
export function withoutGauges(samples: Samples): Samples {
  return Object.fromEntries(Object.entries(samples).filter(([key]) => !gauges.has(nameOf(key))))
}

/** The text format of Prometheus, version 0.0.4. */
export function renderSamples(samples: Samples): string {
  const lines = new Map<string, string[]>()
  for (const [key, value] of Object.entries(samples)) {
    const name = nameOf(key).replace(/_(?:bucket|sum|count)$/, '')
    const list = lines.get(name)
    if (list) list.push(`${key} ${value}`)
    else lines.set(name, [`${key} ${value}`])
  }
  return families
    .filter(({ name }) => lines.has(name))
    .map(({ name, type, help }) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...(lines.get(name) ?? []), ''].join('\n'),
    )
    .join('')
}

function nameOf(key: string): string {
  const end = key.indexOf('{')
  return end < 0 ? key : key.slice(0, end)
}
