import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { decodeJwt } from 'jose'
import { changePerson } from '../../src/management/people/change-person.ts'
import { createPerson } from '../../src/management/people/create-person.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { type DeviceAllowed, decideOnDevice, deviceRowId } from '../../src/tokens/people/device-codes.ts'
import { cutOff } from '../../src/users/cutoffs.ts'
import { stores } from '../audit/trail-kit.ts'
import { type Codes, type DeviceApp, grantType, startDeviceApp } from '../endpoints/people/device-kit.ts'
import { testStart } from '../support/test-app.ts'

let kit: DeviceApp
beforeEach(async () => {
  kit = await startDeviceApp()
})
afterEach(() => kit.app.close())

const subOf = async (key: string, { app }: DeviceApp = kit) =>
  (await app.deps.people.of({ id: 'acme' }).findByUsername(key))?.sub ?? ''

/** What the pages do when a person allows it. */
async function allow(codes: Codes, more: Partial<DeviceAllowed> = {}, of: DeviceApp = kit): Promise<void> {
  const { deps } = of.app
  const decision = {
    ...{ kind: 'allowed' as const, sub: await subOf('ada', of), scopes: ['openid', 'api:read'] },
    ...{ authTime: testStart / 1000, amr: ['pwd'], acr: null, sid: null, at: deps.now() },
    ...more,
  }
  const id = deviceRowId(codes.device_code, deps)
  expect(await decideOnDevice({ tenantId: 'acme', id }, decision, deps)).toBe(true)
}

const errorOf = async (response: Response) => (await response.json()).error
const refusedTypes = () => kit.app.events.map(({ type, reason }) => `${type} ${reason}`)

describe('the device grant', () => {
  test('gives the tokens of the person once', async () => {
    const codes = await kit.start({ scope: 'openid profile api:read' })
    expect((await kit.poll(codes))['error']).toBe('authorization_pending')
    await allow(codes, { scopes: ['openid', 'profile', 'api:read'] })
    kit.app.advance(5)
    const tokens = await kit.poll(codes)
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'openid profile api:read' })
    expect(tokens['refresh_token']).toEqual(expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/))
    const sub = await subOf('ada')
    const idToken = decodeJwt(String(tokens['id_token']))
    expect(idToken).toMatchObject({
      sub,
      aud: 'tv',
      name: 'Ada Lovelace',
      auth_time: testStart / 1000,
      amr: ['pwd'],
    })
    expect(idToken['nonce']).toBeUndefined()
    const accessToken = decodeJwt(String(tokens['access_token']))
    expect(accessToken).toMatchObject({ sub, client_id: 'tv' })
    expect(accessToken.aud).toContain('acme-api')
    expect(kit.app.events.at(-1)).toMatchObject({
      type: 'token.issued',
      detail: { grant_type: grantType },
    })
  })

  test('without openid there is no ID token, and without the grant refresh_token no refresh token', async () => {
    const basic = { Authorization: `Basic ${btoa('box:box-secret-value')}` }
    const codes = await (await kit.send('device_authorization', { scope: 'api:read' }, basic)).json()
    await allow(codes, { scopes: ['api:read'] })
    const form = { grant_type: grantType, device_code: codes.device_code }
    const tokens = await (await kit.send('token', form, basic)).json()
    expect(Object.keys(tokens).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type'])
  })

  test('gives no more than the person allowed and the client has now', async () => {
    const codes = await kit.start({ scope: 'openid profile api:read' })
    await allow(codes, { scopes: ['openid', 'api:read', 'api:lost'] })
    expect((await kit.poll(codes))['scope']).toBe('openid api:read')
  })

  test('the refresh token of a device works on', async () => {
    const codes = await kit.start({ scope: 'openid offline_access' })
    await allow(codes, { scopes: ['openid', 'offline_access'] })
    const { refresh_token } = await kit.poll(codes)
    const form = { client_id: 'tv', grant_type: 'refresh_token', refresh_token: String(refresh_token) }
    expect((await kit.send('token', form)).status).toBe(200)
  })

  test('a replay ends what came of the code', async () => {
    const codes = await kit.start()
    await allow(codes)
    const { refresh_token } = await kit.poll(codes)
    kit.app.advance(5)
    expect((await kit.poll(codes))['error']).toBe('invalid_grant')
    expect(kit.app.events.map(({ type }) => type)).toContain('code.replayed')
    const form = { client_id: 'tv', grant_type: 'refresh_token', refresh_token: String(refresh_token) }
    expect(await errorOf(await kit.send('token', form))).toBe('invalid_grant')
  })

  test('a replay within the interval has to slow down and ends nothing: two polls crossed on their way', async () => {
    const codes = await kit.start()
    await allow(codes)
    const { refresh_token } = await kit.poll(codes)
    expect((await kit.poll(codes))['error']).toBe('slow_down')
    const form = { client_id: 'tv', grant_type: 'refresh_token', refresh_token: String(refresh_token) }
    expect((await kit.send('token', form)).status).toBe(200)
  })

  test('the code of another client, of another tenant and an unknown one are the same, and nothing is used up', async () => {
    const codes = await kit.start()
    await allow(codes)
    const box = { client_id: 'box', client_secret: 'box-secret-value' }
    const refusals = [
      await kit.poll(codes, box),
      await kit.poll(codes, {}, 'other'),
      await kit.poll({ ...codes, device_code: 'x'.repeat(43) }),
    ]
    for (const refusal of refusals)
      expect(refusal).toEqual({
        error: 'invalid_grant',
        error_description: 'Device code is invalid or expired',
      })
    expect(await kit.poll(codes)).toHaveProperty('access_token')
  })

  test('a client that proves nothing where it has a secret gets nothing', async () => {
    const codes = await kit.start()
    expect((await kit.poll(codes, { client_id: 'box' }))['error']).toBe('invalid_client')
  })

  test('without device_code, and of a client without the grant, it is refused', async () => {
    const missing = await kit.send('token', { client_id: 'tv', grant_type: grantType })
    expect(await missing.json()).toEqual({
      error: 'invalid_request',
      error_description: 'Missing device_code parameter',
    })
    const svc = {
      client_id: 'svc',
      client_secret: 'svc-secret-value',
      grant_type: grantType,
      device_code: 'x',
    }
    expect(await errorOf(await kit.send('token', svc))).toBe('unauthorized_client')
    const plain = { ...svc, client_secret: 'plain-secret-value' }
    expect(await errorOf(await kit.send('token', plain, {}, 'plain'))).toBe('unsupported_grant_type')
  })

  test('a denied and an expired code say so, and only refusals are in the audit trail', async () => {
    const [denied, expired] = [await kit.start(), await kit.start()]
    const id = deviceRowId(denied.device_code, kit.app.deps)
    expect((await kit.poll(denied))['error']).toBe('authorization_pending')
    expect((await kit.poll(denied))['error']).toBe('slow_down')
    await decideOnDevice({ tenantId: 'acme', id }, { kind: 'denied' }, kit.app.deps)
    expect((await kit.poll(denied))['error']).toBe('access_denied')
    kit.app.advance(600)
    expect((await kit.poll(expired))['error']).toBe('expired_token')
    expect(refusedTypes().filter((event) => event.startsWith('token.'))).toEqual([
      'token.refused access_denied',
      'token.refused expired_token',
    ])
  })
})

describe('a device whose person', () => {
  const refusal = { error: 'invalid_grant', error_description: 'Device code is invalid or expired' }

  test('signed out everywhere after allowing it gets nothing', async () => {
    const codes = await kit.start()
    await allow(codes)
    const { storage, now } = kit.app.deps
    await cutOff(storage, 'acme', { sub: await subOf('ada'), before: now() })
    expect(await kit.poll(codes)).toEqual(refusal)
  })

  test('took the consent of the client back gets nothing, and one of another client does', async () => {
    const [mine, other] = [await kit.start(), await kit.start()]
    const { storage, now } = kit.app.deps
    const sub = await subOf('ada')
    await allow(mine)
    await cutOff(storage, 'acme', { sub, clientId: 'tv', before: now() })
    await allow(other)
    await cutOff(storage, 'acme', { sub, clientId: 'elsewhere', before: now() + 1000 })
    expect(await kit.poll(mine)).toEqual(refusal)
  })

  test('was disabled since gets nothing, and nothing either when enabled again', async () => {
    const codes = await kit.start()
    const { deps } = kit.app
    const tenant = await deps.tenants.find('acme')
    if (!tenant) throw new Error('The tenant is missing')
    const actor = { name: 'shell' }
    const { row } = await createPerson(
      { person: { patch: { email: 'eve@example.com' } }, actor },
      tenant,
      deps,
    )
    await allow(codes, { sub: row.id })
    const change = (active: boolean) =>
      changePerson({ sub: row.id, patch: { active }, checkCurrent: () => {}, actor }, tenant, deps)
    await change(false)
    expect(await kit.poll(codes)).toEqual(refusal)
    await change(true)
    kit.app.advance(10)
    expect(await kit.poll(codes)).toEqual(refusal)
  })

  test('is gone gets nothing', async () => {
    const codes = await kit.start()
    await allow(codes, { sub: 'nobody' })
    expect(await kit.poll(codes)).toEqual(refusal)
  })

  test('has ended the session gets nothing, unless the device may keep the access', async () => {
    const [bound, offline] = [await kit.start(), await kit.start()]
    await allow(bound, { sid: 'gone' })
    await allow(offline, { sid: 'gone', scopes: ['openid', 'offline_access'] })
    expect(await kit.poll(bound)).toEqual(refusal)
    expect(await kit.poll(offline)).toHaveProperty('access_token')
  })
})

describe.each(stores)('on %s', (_, withStore) => {
  test('the interval grows at all workers, and of many polls at once one has tokens', () =>
    withStore(async (storage) => {
      const [one, two] = [await startDeviceApp({ storage }), await startDeviceApp({ storage })]
      try {
        const codes = await one.start()
        expect((await one.poll(codes))['error']).toBe('authorization_pending')
        expect((await two.poll(codes))['error']).toBe('slow_down')
        for (const { app } of [one, two]) app.advance(8)
        expect((await two.poll(codes))['error']).toBe('slow_down')
        for (const { app } of [one, two]) app.advance(14)
        await allow(codes, {}, one)
        // The second worker has no file of the key that signs.
        const answers = await Promise.all(Array.from({ length: 20 }, () => one.poll(codes)))
        expect(answers.filter((answer) => 'access_token' in answer)).toHaveLength(1)
        expect(answers.filter(({ error }) => error === 'slow_down')).toHaveLength(19)
      } finally {
        await Promise.all([one.app.close(), two.app.close()])
      }
    }))
})

test('a storage that fails while the code is used leaves it usable', async () => {
  const storage = createMemoryStorage()
  let isBroken = false
  const failing = {
    ...storage,
    of: storage.of.bind(storage),
    transaction: <T>(work: Parameters<typeof storage.transaction<T>>[0]) =>
      isBroken ? Promise.reject(new Error('away')) : storage.transaction(work),
  }
  const own = await startDeviceApp({ storage: failing })
  try {
    const codes = await own.start()
    await allow(codes, {}, own)
    isBroken = true
    expect((await own.poll(codes))['error']).toBe('server_error')
    isBroken = false
    expect(await own.poll(codes)).toHaveProperty('access_token')
  } finally {
    await own.app.close()
  }
})
