import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type DeviceApp, startDeviceApp, tenantUrl } from './device-kit.ts'

let kit: DeviceApp
beforeAll(async () => {
  kit = await startDeviceApp()
})
afterAll(() => kit.app.close())

const basic = { Authorization: `Basic ${btoa('box:box-secret-value')}` }
const refusalOf = async (response: Response) => {
  const { error, error_description } = await response.json()
  return [response.status, error, error_description]
}

describe('POST /oauth/device_authorization', () => {
  test('answers the members of RFC 8628 section 3.2, never to be cached', async () => {
    const response = await kit.send('device_authorization', { client_id: 'tv', scope: 'openid api:read' })
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const codes = await response.json()
    expect(codes).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: 'http://localhost:3000/device',
      verification_uri_complete: `http://localhost:3000/device?user_code=${codes.user_code}`,
      expires_in: 600,
      interval: 5,
    })
    expect(kit.app.events.at(-1)).toMatchObject({
      ...{ type: 'device.started', tenant: 'acme', outcome: 'success', client: 'tv' },
      detail: { scope: 'openid api:read' },
    })
  })

  test('two devices never have a code in common', async () => {
    const [one, two] = [await kit.start(), await kit.start()]
    expect(one.device_code).not.toBe(two.device_code)
    expect(one.user_code).not.toBe(two.user_code)
  })

  test('a client with a secret authenticates as at the token endpoint', async () => {
    expect((await kit.send('device_authorization', {}, basic)).status).toBe(200)
    const form = { client_id: 'box', client_secret: 'box-secret-value' }
    expect((await kit.send('device_authorization', form)).status).toBe(200)
    for (const wrong of [
      { client_id: 'box' },
      { client_id: 'nobody' },
      { ...form, client_secret: 'x' },
      {},
    ]) {
      const refused = await refusalOf(await kit.send('device_authorization', wrong))
      expect(refused.slice(0, 2)).toEqual([401, 'invalid_client'])
    }
  })

  test.each([
    ['scope of nobody', { scope: 'openid api:write' }, 'invalid_scope'],
    ['scope that is malformed', { scope: 'openid "' }, 'invalid_scope'],
    ['resource of nobody', { resource: 'https://api.example/other' }, 'invalid_target'],
  ])('a %s is refused', async (_, form, error) => {
    const refused = await refusalOf(await kit.send('device_authorization', { client_id: 'tv', ...form }))
    expect(refused.slice(0, 2)).toEqual([400, error])
    expect(kit.app.events.at(-1)).toMatchObject({ type: 'device.refused', client: 'tv', reason: error })
  })

  test('a scope that manages this server is not for people, whoever asks', async () => {
    const response = await kit.send('device_authorization', { scope: 'openid grantd:admin' }, basic)
    expect(await refusalOf(response)).toEqual([
      400,
      'invalid_scope',
      'A scope that manages this server is not for people',
    ])
  })

  test('a client without the grant is refused', async () => {
    const form = { client_id: 'svc', client_secret: 'svc-secret-value' }
    expect(await refusalOf(await kit.send('device_authorization', form))).toEqual([
      400,
      'unauthorized_client',
      'The client is not allowed to use codes of devices',
    ])
  })

  test('a tenant without oidc signs nobody in', async () => {
    const form = { client_id: 'svc', client_secret: 'plain-secret-value' }
    const response = await kit.send('device_authorization', form, {}, 'plain')
    expect((await refusalOf(response))[1]).toBe('unauthorized_client')
  })

  test('a parameter twice, another media type and another tenant are refused', async () => {
    expect(await refusalOf(await kit.send('device_authorization', 'client_id=tv&client_id=tv'))).toEqual([
      400,
      'invalid_request',
      'A parameter was sent more than once: client_id',
    ])
    const json = await kit.app.send(`${tenantUrl}/oauth/device_authorization`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"client_id":"tv"}',
    })
    expect((await refusalOf(json))[1]).toBe('invalid_request')
    const unknown = await kit.send('device_authorization', { client_id: 'tv' }, {}, 'nobody')
    expect((await refusalOf(unknown))[0]).toBe(404)
  })
})
