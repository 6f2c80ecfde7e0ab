import { expect, setDefaultTimeout, test } from 'bun:test'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyError } from '../../src/keys/key-plan.ts'
import { findActive, openKeys } from '../../src/server/open-keys.ts'
import { parse } from '../support/config-text.ts'
import { clientIdOf, renderManyTenants, secretOf, tenantIdOf } from '../support/many-tenants.ts'
import { startTestApp } from '../support/test-app.ts'

setDefaultTimeout(60_000)

/** The tenants whose keys were asked for; the second one is not active. */
async function openedOf(tenants: number): Promise<string[]> {
  const text = renderManyTenants({ tenants, clients: 1 })
  const inactive = text.replace('name: Customer number 1\n', 'name: Customer number 1\n    active: false\n')
  const loaded = await parse(inactive)
  const asked: string[] = []
  const of = async (id: string) => {
    asked.push(id)
    throw new KeyError(`no key of ${id}`)
  }
  const opening = openKeys(findActive(loaded.config), { keyring: { of }, atOnce: 2, loaded })
  if (asked.length > 0) await expect(opening).rejects.toThrow(asked.map((id) => `no key of ${id}`).join('\n'))
  else await opening
  return asked
}

test('the start opens the keys of up to 32 active tenants, and of more none at all', async () => {
  expect(await openedOf(4)).toEqual([0, 2, 3].map(tenantIdOf))
  expect(await openedOf(33)).toHaveLength(32)
  expect(await openedOf(34)).toEqual([])
})

const grant = (tenant: number) => ({
  grant_type: 'client_credentials',
  client_id: clientIdOf(0),
  client_secret: secretOf(tenant, 0),
})

test('a broken key among many ends the tokens of its tenant alone, is never replaced, and needs no restart once it is repaired', async () => {
  const app = await startTestApp(renderManyTenants({ tenants: 40, clients: 1 }))
  try {
    const ids = app.deps.tenants.configured.map(({ id }) => id)
    const folder = join(app.folder, 'data/keys', tenantIdOf(7))
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, 'k.pem')
    await writeFile(path, 'no key', { mode: 0o600 })
    const loaded = await parse(renderManyTenants({ tenants: 40, clients: 1 }))
    await openKeys(ids, { keyring: app.deps.keyring, atOnce: 2, loaded })
    for (const tenant of [6, 8]) expect((await app.post(tenantIdOf(tenant), grant(tenant))).status).toBe(200)
    const refused = await app.post(tenantIdOf(7), grant(7))
    expect([refused.status, (await refused.json()).error]).toEqual([503, 'temporarily_unavailable'])
    expect(JSON.stringify(app.log)).toContain("Cannot load the signing key of tenant 'tenant-00007'")
    expect(await readFile(path, 'utf8')).toBe('no key')
    await expect(app.deps.keyring.of(tenantIdOf(7))).rejects.toBeInstanceOf(KeyError)
    const good = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ])
    const der = new Uint8Array(await crypto.subtle.exportKey('pkcs8', good.privateKey))
    await writeFile(path, `-----BEGIN PRIVATE KEY-----\n${der.toBase64()}\n-----END PRIVATE KEY-----\n`)
    expect((await app.post(tenantIdOf(7), grant(7))).status).toBe(200)
  } finally {
    await app.close()
  }
})
