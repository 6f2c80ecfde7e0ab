import { expect, test } from 'bun:test'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { StorageError } from '../../src/storage/storage.ts'
import { createStoredTenant, planStoredTenant } from '../../src/tenants/stored-tenants.ts'
import { TenantRegistry } from '../../src/tenants/tenant-registry.ts'
import { failingStorage } from '../support/failing-storage.ts'

const publicUrl = 'https://id.example.com'
const issuer = `${publicUrl}/stored`

async function openRegistry() {
  const storage = failingStorage(createMemoryStorage())
  const tenants = new TenantRegistry([], { storage, publicUrl })
  const deps = { storage, tenants, publicUrl, now: () => 0 }
  const make = async (id: string, patch: Record<string, unknown>) =>
    createStoredTenant(await planStoredTenant({ id, patch: { name: id, ...patch } }, deps), deps)
  await make('stored', { issuer })
  await make('asleep', { issuer: `${publicUrl}/asleep`, active: false })
  return { storage, tenants }
}

test('a stored tenant is found by the first issuer that there is', async () => {
  const { tenants } = await openRegistry()
  const find = async (...issuers: string[]) => (await tenants.findForDocumentsByIssuer(issuers))?.id
  expect(await find(`${publicUrl}/nobody`, issuer)).toBe('stored')
  expect(await find(`${publicUrl}/asleep`)).toBeUndefined()
  expect(await find()).toBeUndefined()
})

test('while the storage is away it is found as it was seen last, and one that was never seen is unknown', async () => {
  const { storage, tenants } = await openRegistry()
  const issuers = [`${publicUrl}/other`, issuer]
  storage.failing = true
  expect(tenants.findForDocumentsByIssuer(issuers)).rejects.toBeInstanceOf(StorageError)
  storage.failing = false
  await tenants.findForDocumentsByIssuer(issuers)
  storage.failing = true
  expect((await tenants.findForDocumentsByIssuer(issuers))?.id).toBe('stored')
})
