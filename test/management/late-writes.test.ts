import { expect, test } from 'bun:test'
import { shell } from '../../src/management/actor.ts'
import { changeTenant } from '../../src/management/change-tenant.ts'
import { readNothing } from '../../src/management/client-change.ts'
import { createClient } from '../../src/management/create-client.ts'
import { createTenant } from '../../src/management/create-tenant.ts'
import { deleteClient } from '../../src/management/delete-client.ts'
import { deleteTenant } from '../../src/management/delete-tenant.ts'
import { outlastingKinds } from '../../src/management/outlasting-kinds.ts'
import { allKinds } from '../support/kinds.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

const yaml = 'limits: { tokens_per_minute_per_client: 12 }\ntenants: { acme: { name: A } }\n'
const checkCurrent = () => {}
const id = 'globex'

/** The rows of the tenant that its deletion is to take along. */
async function rowsLeft({ deps: { storage } }: TestApp) {
  const kinds = allKinds.filter(({ name }) => !outlastingKinds.includes(name))
  const lists = kinds.map(async (kind) => {
    const rows = await storage.of(id).of(kind).list({ limit: 100 })
    return rows.map(({ expiresAt }) => ({ kind: kind.name, ends: expiresAt !== null }))
  })
  return (await Promise.all(lists)).flat()
}

/** Writes what waits in memory, as a process does after some seconds. */
async function flush({ deps }: TestApp): Promise<void> {
  await Promise.all([deps.lastUse.flush(), deps.limits.flush(), deps.rates.flush()])
}

const ownerIn = async ({ deps }: TestApp) => {
  const tenant = await deps.tenants.find(id)
  if (!tenant) throw new Error('There is no tenant')
  return tenant
}

/** A stored tenant whose client failed and got tokens, of which nothing is written yet. */
async function withUsed(work: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await startTestApp(yaml)
  try {
    await createTenant({ id, patch: { name: 'G', oauth2: {} }, actor: shell }, app.deps)
    const client = { id: 'svc', patch: {}, actor: shell, read: readNothing }
    const { secret } = await createClient(client, await ownerIn(app), app.deps)
    const ask = (client_secret: string) => {
      const form = { grant_type: 'client_credentials', client_id: 'svc', client_secret }
      return app.post(id, form, {}, '192.0.2.1')
    }
    await ask('wrong')
    const answers = [await ask(secret ?? ''), await ask(secret ?? '')]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    await work(app)
  } finally {
    await app.close()
  }
}

const kindsThatWait = ['failure_counts', 'known_address', 'rate_counts', 'secret_use']

test('these kinds of rows wait in memory before they are written', () =>
  withUsed(async (app) => {
    const before = await rowsLeft(app)
    expect(before.filter(({ kind }) => kindsThatWait.includes(kind))).toEqual([])
    await flush(app)
    const after = (await rowsLeft(app)).map(({ kind }) => kind)
    expect([...new Set(after)].filter((kind) => kindsThatWait.includes(kind)).sort()).toEqual(kindsThatWait)
  }))

test('what waited while its tenant was deleted leaves no row that stays', () =>
  withUsed(async (app) => {
    const { deps } = app
    await changeTenant({ id, patch: { active: false }, checkCurrent, actor: shell }, deps)
    await deleteTenant({ id, checkCurrent, actor: shell }, deps)
    await flush(app)
    const left = await rowsLeft(app)
    expect(left.filter(({ ends }) => !ends)).toEqual([])
    expect(left.map(({ kind }) => kind)).not.toContain('secret_use')
  }))

test('what waited while its client was deleted leaves no use of a secret', () =>
  withUsed(async (app) => {
    await deleteClient({ id: 'svc', checkCurrent, actor: shell }, await ownerIn(app), app.deps)
    await flush(app)
    expect((await rowsLeft(app)).map(({ kind }) => kind)).not.toContain('secret_use')
  }))
