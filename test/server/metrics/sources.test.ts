import { expect, test } from 'bun:test'
import { Metrics } from '../../../src/metrics/metrics.ts'
import { addSamples, renderSamples } from '../../../src/metrics/samples.ts'
import { measureStorage, sourceSamples } from '../../../src/server/metrics/sources.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { failingStorage } from '../../support/failing-storage.ts'
import { clientIdOf, renderManyTenants, secretOf, tenantIdOf } from '../../support/many-tenants.ts'
import { startTestApp } from '../../support/test-app.ts'

const auditState = () => ({ waiting: 3, lag: 1500, lost: 0, failures: 2 })

/** The metrics of a server of so many tenants, after requests at some of them: tokens, wrong secrets, unknown paths. */
async function measure(tenants: number, used: number) {
  const metrics = new Metrics()
  const app = await startTestApp(renderManyTenants({ tenants, clients: 1 }), { metrics })
  for (let tenant = 0; tenant < used; tenant++) {
    const form = { client_id: clientIdOf(0), client_secret: secretOf(tenant, 0) }
    await app.token(tenantIdOf(tenant), form)
    await app.post(tenantIdOf(tenant), {
      ...form,
      grant_type: 'client_credentials',
      client_secret: 'wrong-secret',
    })
    await app.send(`/api/v1/tenant/${tenantIdOf(tenant)}/nothing`)
  }
  const samples = addSamples([metrics.samples(), sourceSamples({ tls: undefined, ...app.deps, auditState })])
  const text = renderSamples(samples)
  await app.close()
  return { samples, text }
}

test('ten thousand tenants have the series of two, and none is named', async () => {
  const [few, many] = [await measure(2, 2), await measure(10_000, 100)]
  expect(Object.keys(many.samples).sort()).toEqual(Object.keys(few.samples).sort())
  expect(many.text).not.toMatch(/tenant-\d|service-\d/)
  expect(many.text.length).toBeLessThan(few.text.length + 200)
  expect(many.samples['grantd_keys_tenants']).toBe(100)
}, 60_000)

test('the parts tell their queues, the audit trail and the keys', async () => {
  const { samples } = await measure(1, 1)
  expect(samples).toMatchObject({
    'grantd_queue_waiting{queue="secrets"}': 0,
    'grantd_queue_waiting{queue="passwords"}': 0,
    'grantd_queue_waiting{queue="keys"}': 0,
    'grantd_queue_waiting{queue="logout"}': 0,
    grantd_audit_waiting_events: 3,
    grantd_audit_lag_seconds: 1.5,
    grantd_audit_write_failures_total: 2,
    grantd_keys_due_tenants: 0,
    grantd_keys_failing_tenants: 0,
    grantd_clock_odd: 0,
  })
})

test('a storage that cannot be read has no latency', async () => {
  const storage = failingStorage(createMemoryStorage())
  const clock = { now: 0 }
  const monotonic = () => (clock.now += 4)
  expect(await measureStorage(storage, monotonic)).toEqual({ kind: 'memory', schema: null, latency: 4 })
  storage.failing = true
  expect(await measureStorage(storage, monotonic)).toEqual({ kind: 'memory', schema: null, latency: null })
  expect((await measureStorage(undefined, monotonic)).latency).toBeNull()
})
