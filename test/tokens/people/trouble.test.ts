import { describe, expect, test } from 'bun:test'
import { revokeOneToken } from '../../../src/management/revoke/revoke-one-token.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { failingStorage } from '../../support/failing-storage.ts'
import { type PeopleApp, refreshError, refusalOf, startPeopleApp } from './people-app.ts'

/** The calls of the storage that `work` makes. */
async function callsOf(calls: readonly string[], work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = calls.length
  await work()
  return calls.slice(before)
}

async function startTroubled() {
  const storage = failingStorage(createMemoryStorage())
  const app = await startPeopleApp({ storage })
  // The keys are made at the first need.
  await app.login()
  return { app, storage }
}

describe('while the storage fails at any one call', () => {
  test('a code is answered 503, and works afterwards', async () => {
    const { app, storage } = await startTroubled()
    const first = await app.issue()
    const calls = await callsOf(storage.calls, () => app.redeem(first))
    expect(calls.filter((call) => /create|replace|transaction/.test(call))).toEqual(['acme family create'])
    for (let at = 0; at < calls.length; at++) {
      const code = await app.issue()
      storage.failAfter = at
      expect([at, (await app.redeem(code)).status]).toEqual([at, 503])
      expect([at, (await app.redeem(code)).status]).toEqual([at, 200])
    }
    await app.close()
  })

  test('a refresh is answered 503, and works afterwards', async () => {
    const { app, storage } = await startTroubled()
    let { refresh_token } = await app.login()
    const calls = await callsOf(storage.calls, async () => {
      refresh_token = (await app.refresh(refresh_token)).body.refresh_token
    })
    expect(calls.filter((call) => /create|replace|transaction/.test(call))).toEqual(['acme family replace'])
    for (let at = 0; at < calls.length; at++) {
      storage.failAfter = at
      expect([at, (await app.refresh(refresh_token)).status]).toEqual([at, 503])
      const { status, body } = await app.refresh(refresh_token)
      expect([at, status]).toEqual([at, 200])
      refresh_token = body.refresh_token
    }
    await app.close()
  })

  test('introspection, userinfo and revocation are 503, and say nothing wrong', async () => {
    const { app, storage } = await startTroubled()
    const { access_token, refresh_token } = await app.login()
    const who = { client_id: 'web', client_secret: 'web-secret-value' }
    const asks: readonly (() => Promise<number>)[] = [
      () => statusOf(app, 'introspect', { ...who, token: access_token }),
      () => statusOf(app, 'introspect', { ...who, token: refresh_token }),
      () =>
        app
          .send('/api/v1/user/profile', { headers: { Authorization: `Bearer ${access_token}` } })
          .then(({ status }) => status),
      () => statusOf(app, 'revoke', { ...who, token: refresh_token }),
    ]
    for (const ask of asks) {
      storage.failing = true
      expect(await ask()).toBe(503)
      storage.failing = false
      expect(await ask()).toBe(200)
    }
    await app.close()
  })
})

async function statusOf(app: PeopleApp, name: string, form: Record<string, string>): Promise<number> {
  return (await app.postTo(`/api/v1/tenant/acme/oauth/${name}`, form)).status
}

test('an admin revokes a refresh token by its text, with the access tokens of the sign-in', async () => {
  const app = await startPeopleApp()
  const { access_token, refresh_token } = await app.login()
  const tenant = await app.deps.tenants.find('acme')
  if (!tenant) throw new Error('The test has no tenant')
  const actor = { name: 'root', tenant: 'ops' }
  const revoked = await revokeOneToken({ token: refresh_token, actor }, tenant, app.deps)
  expect(revoked).toMatchObject({ kind: 'refresh_token', clientId: 'web', detail: { sub: 'sub-of-ada' } })
  expect(app.events.at(-1)).toMatchObject({ type: 'refresh_token.revoked', actor: 'root', client: 'web' })
  expect(await app.introspect(access_token)).toEqual({ active: false })
  expect(refusalOf(await app.refresh(refresh_token))).toEqual([...refreshError])
  await app.close()
})
