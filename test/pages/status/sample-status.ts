import type { StatusView } from '../../../src/pages/status/status-view.ts'

export const now = Date.UTC(2026, 10, 29, 15, 4, 5)

/** A server with two workers that is well. */
export const healthy: StatusView = {
  now,
  build: { version: '1.2.3', commit: 'abc1234' },
  startedAt: now - 3 * 86_400_000,
  supervisorPid: 4000,
  restarts: 0,
  isClockOdd: false,
  processes: [
    { id: 1, pid: 4001, state: 'serving', startedAt: now - 86_400_000, residentBytes: 96 * 1_048_576 },
    { id: 2, pid: 4002, state: 'serving', startedAt: now - 86_400_000, residentBytes: 97 * 1_048_576 },
  ],
  storage: { kind: 'postgres', schema: 2, asked: 2, reachable: 2, latency: 1.25, errors: 0, failedAt: null },
  requests: { answered: 12_345, failed: 0, tokens: 9000 },
  keys: { tenants: 40, due: 0, failing: 0, nextStepAt: now + 5 * 3_600_000, oldestAt: now - 80 * 86_400_000 },
  audit: { waiting: 0, lagSeconds: 0, lost: 0 },
  queues: { secrets: 0, passwords: 0, keys: 0, logout: 0 },
  configuration: { loadedAt: now - 3_600_000, last: { at: now - 3_600_000, isDone: true } },
  limits: { enabled: 'true', failures_per_client: '100' },
  faults: [],
}

/** A server on which everything is wrong. */
export const troubled: StatusView = {
  ...healthy,
  restarts: 3,
  isClockOdd: true,
  processes: [
    { id: 7, pid: 4001, state: 'serving', startedAt: null, residentBytes: null },
    { id: 8, pid: 4002, state: 'stopping', startedAt: now - 60_000, residentBytes: 97 * 1_048_576 },
  ],
  storage: {
    kind: 'postgres',
    schema: 2,
    asked: 2,
    reachable: 1,
    latency: 900,
    errors: 17,
    failedAt: now - 1000,
  },
  keys: { ...healthy.keys, due: 2, failing: 1, nextStepAt: now },
  audit: { waiting: 400, lagSeconds: 95, lost: 5 },
  configuration: { loadedAt: now - 3_600_000, last: { at: now - 60_000, isDone: false } },
  faults: [
    {
      at: now - 1000,
      level: 'error',
      message: 'request',
      facts: { worker: '7', route: '/api/v1/tenant/:tenant/oauth/token', status: '503', reason: 'timed out' },
      count: 1500,
    },
    { at: now - 61_000, level: 'warn', message: 'uses were not written', facts: {}, count: 1 },
  ],
}
