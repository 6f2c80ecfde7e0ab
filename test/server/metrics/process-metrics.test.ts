import { expect, test } from 'bun:test'
import { ReloadLog } from '../../../src/metrics/reload-log.ts'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import { openOwnMetrics } from '../../../src/server/metrics/open-own-metrics.ts'
import { ProcessMetrics } from '../../../src/server/metrics/process-metrics.ts'
import { startTestApp } from '../../support/test-app.ts'

const platform = bunPlatform()
const auditState = () => ({ waiting: 0, lag: 0, lost: 0, failures: 0 })
const tenants = `tenants: { acme: { name: A, oauth2: {}, signing: { algorithm: ES256 }, clients: { app: { secret: own-secret-1 } } } }`

/** Metrics of one process, with the port on which it serves them. */
function openMetrics() {
  const metrics = new ProcessMetrics({ host: '127.0.0.1', port: 0 }, { platform, isWorker: false })
  const reloads = new ReloadLog(platform.now)
  let base = ''
  const log = metrics.overhear((_level, message, fields) => {
    if (message === 'metrics are served') base = String(fields?.['url']).replace(/\/metrics$/, '')
  })
  metrics.open({ log, reloads })
  const read = async (path: string) => (await fetch(base + path)).text()
  return { metrics, reloads, log, read }
}

test('one process serves its numbers and its page, first without and then with the parts of the server', async () => {
  const { metrics, reloads, log, read } = openMetrics()
  expect(await read('/metrics')).toContain('\ngrantd_workers 1\n')
  expect(await read('/status')).toContain('does not answer')
  const app = await startTestApp(tenants)
  metrics.watch({ ...app.deps, auditState, tls: undefined, config: () => app.deps.settings })
  app.deps.lifecycle.isClockOdd = true
  log('warn', 'uses were not written', { reason: 'database is locked', tenant: 'acme' })
  reloads.note({ isDone: false })
  const page = await read('/status')
  for (const shown of [
    'memory',
    'One process serves alone',
    `<td>${process.pid}</td>`,
    'uses were not written',
    'The last reload failed',
    'The clock is off',
    'failures_per_client',
  ])
    expect(page).toContain(shown)
  expect(page).not.toMatch(/acme|own-secret/)
  expect(await read('/status.css')).toContain('prefers-color-scheme: dark')
  const numbers = await read('/metrics')
  expect(numbers).toContain('\ngrantd_config_rejected 1\n')
  expect(numbers).toContain('\ngrantd_clock_odd 1\n')
  expect(numbers).toContain('\ngrantd_keys_tenants 0\n')
  await metrics.close()
  await app.close()
})

test('with metrics off nothing is counted and nothing listens', async () => {
  const metrics = await openOwnMetrics(
    { enabled: false, host: '127.0.0.1', port: 0 },
    { platform, isWorker: false },
  )
  const log = () => {
    throw new Error('it listens')
  }
  metrics.open({ log, reloads: new ReloadLog(platform.now) })
  expect([metrics.counters, metrics.storageMeter]).toEqual([undefined, undefined])
  expect(metrics.overhear(log)).toBe(log)
  await metrics.close()
})
