/** How a gauge of several processes becomes one: their sum, or the largest or smallest of them. Counters and histograms are added. */
export type Merge = 'sum' | 'max' | 'min'

export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Of a gauge; default: sum. */
  readonly merge?: Merge
}

/**
 * All metrics, in the order of the output. Names have the base unit and end in `_total` where they count. No label is a tenant, a client or
 * a text of a request.
 */
export const families: readonly Family[] = [
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
    name: 'grantd_errors_total',
    type: 'counter',
    help: 'Answers with an error by its code on the wire and the check that failed',
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
  { name: 'grantd_authorization_codes_issued_total', type: 'counter', help: 'Authorization codes' },
  { name: 'grantd_sessions_ended_total', type: 'counter', help: 'Sessions that people ended, by how' },
  {
    name: 'grantd_logout_tokens_total',
    type: 'counter',
    help: 'Logout tokens by their outcome after the last attempt',
  },
  { name: 'grantd_account_changes_total', type: 'counter', help: 'What people changed themselves' },
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
    name: 'grantd_storage_operation_duration_seconds',
    type: 'histogram',
    help: 'From a call of the database until its result, waits included, by kind of operation',
  },
  {
    name: 'grantd_storage_errors_total',
    type: 'counter',
    help: 'Operations that the database could not do, by kind of operation',
  },
  {
    name: 'grantd_storage_last_error_timestamp_seconds',
    type: 'gauge',
    merge: 'max',
    help: 'When the last of them failed',
  },
  {
    name: 'grantd_queue_waiting',
    type: 'gauge',
    help: 'Jobs that wait for their turn: slow hashes of secrets and of passwords, keys to be opened, logout tokens',
  },
  {
    name: 'grantd_queue_refused_total',
    type: 'counter',
    help: 'Jobs that found their queue full',
  },
  { name: 'grantd_audit_waiting_events', type: 'gauge', help: 'Audit events in memory, not written yet' },
  {
    name: 'grantd_audit_lag_seconds',
    type: 'gauge',
    merge: 'max',
    help: 'Age of the oldest audit event that is not written yet',
  },
  { name: 'grantd_audit_lost_events_total', type: 'counter', help: 'Audit events that were lost' },
  {
    name: 'grantd_audit_write_failures_total',
    type: 'counter',
    help: 'Attempts to write audit events that failed',
  },
  {
    name: 'grantd_keys_tenants',
    type: 'gauge',
    merge: 'max',
    help: 'Tenants whose keys a process knows the ages of',
  },
  {
    name: 'grantd_keys_oldest_activated_timestamp_seconds',
    type: 'gauge',
    merge: 'min',
    help: 'When the oldest of the keys that sign began to sign',
  },
  {
    name: 'grantd_keys_newest_activated_timestamp_seconds',
    type: 'gauge',
    merge: 'max',
    help: 'When the newest of the keys that sign began to sign',
  },
  {
    name: 'grantd_keys_next_step_timestamp_seconds',
    type: 'gauge',
    merge: 'min',
    help: 'When the next step of a rotation is due at any tenant: to make, activate, forget or remove a key',
  },
  {
    name: 'grantd_keys_due_tenants',
    type: 'gauge',
    merge: 'max',
    help: 'Tenants with a step of their rotation due now',
  },
  {
    name: 'grantd_keys_failing_tenants',
    type: 'gauge',
    merge: 'max',
    help: 'Tenants whose keys cannot be read or cannot sign',
  },
  {
    name: 'grantd_tls_certificate_not_after_timestamp_seconds',
    type: 'gauge',
    merge: 'min',
    help: 'When the certificate of the server ends',
  },
  {
    name: 'grantd_tls_certificate_loads_total',
    type: 'counter',
    help: 'New certificates of all processes by whether they could be used',
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
  {
    name: 'grantd_clock_odd',
    type: 'gauge',
    merge: 'max',
    help: '1 while the clock is off those of the other replicas, so that no request is wanted here',
  },
  { name: 'grantd_reloads_total', type: 'counter', help: 'Reloads of the configuration by their result' },
  {
    name: 'grantd_config_rejected',
    type: 'gauge',
    merge: 'max',
    help: '1 while the newest configuration has a fault and the one before it is in force',
  },
  {
    name: 'grantd_config_loaded_timestamp_seconds',
    type: 'gauge',
    merge: 'max',
    help: 'When the configuration in force was read',
  },
  {
    name: 'grantd_event_loop_delay_seconds',
    type: 'histogram',
    help: 'How late a timer of five times a second was; a busy or blocked process is late',
  },
  { name: 'grantd_heap_bytes', type: 'gauge', help: 'Memory of the objects of the runtime in all processes' },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    merge: 'min',
    help: 'When the first process started, in seconds since the epoch',
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
  {
    name: 'process_open_fds',
    type: 'gauge',
    merge: 'max',
    help: 'Open descriptors of the process that has the most',
  },
  {
    name: 'process_max_fds',
    type: 'gauge',
    merge: 'min',
    help: 'Descriptors that a process may open',
  },
]

const byName = new Map(families.map((family) => [family.name, family]))

/** The family of a sample by its name, which has a suffix in a histogram. Undefined: there is none. */
export function familyOf(name: string): Family | undefined {
  return byName.get(name) ?? byName.get(name.replace(/_(?:bucket|sum|count)$/, ''))
}
