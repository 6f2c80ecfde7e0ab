import { describe, expect, test } from 'bun:test'
import { OAuthError } from '../../../src/protocol/errors.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { deviceCodes } from '../../../src/tokens/people/device-code-row.ts'
import {
  type DeviceDecision,
  decideOnDevice,
  deviceRowId,
  issueDeviceCodes,
} from '../../../src/tokens/people/device-codes.ts'
import { type DeviceRedemption, redeemDeviceCode } from '../../../src/tokens/people/device-polls.ts'
import { stores } from '../../audit/trail-kit.ts'
import { platform, testStart } from '../../support/test-app.ts'

const request = { clientId: 'tv', scopes: ['openid'], audience: ['api'] }
const allowed = {
  ...{ kind: 'allowed' as const, sub: 'ada', scopes: ['openid'] },
  ...{ authTime: 1, amr: ['pwd'], acr: null, sid: 's', at: testStart },
}

async function start(storage: Storage = createMemoryStorage()) {
  const clock = { time: testStart }
  const deps = { ...platform, storage, now: () => clock.time, expiryCutoff: () => 0 }
  const { deviceCode } = await issueDeviceCodes(request, { tenantId: 'acme', ttl: 600, keep: 60 }, deps)
  const ended: string[] = []
  const redemption: DeviceRedemption<undefined, string> = {
    check: async () => undefined,
    make: async (_, { allowed: { sub } }) => `tokens of ${sub}`,
    endReplayed: async ({ allowed: { sub } }) => void ended.push(sub),
    keep: 60_000,
  }
  const poll = (options: { clientId?: string; code?: string; redemption?: typeof redemption } = {}) =>
    redeemDeviceCode(
      { tenantId: 'acme', clientId: options.clientId ?? 'tv', deviceCode: options.code ?? deviceCode },
      options.redemption ?? redemption,
      deps,
    ).catch((cause: unknown) => {
      if (cause instanceof OAuthError) return cause.code
      throw cause
    })
  const place = { tenantId: 'acme', id: deviceRowId(deviceCode, deps) }
  const decide = (decision: DeviceDecision) => decideOnDevice(place, decision, deps)
  const findInterval = async () => (await storage.of('acme').of(deviceCodes).find(place.id))?.value.interval
  return { clock, poll, decide, ended, redemption, findInterval, storage, place }
}

describe('a poll', () => {
  test('is pending until the person decided, and then has the tokens once', async () => {
    const { clock, poll, decide, ended } = await start()
    expect(await poll()).toBe('authorization_pending')
    clock.time += 5000
    expect(await poll()).toBe('authorization_pending')
    await decide(allowed)
    clock.time += 5000
    expect(await poll()).toBe('tokens of ada')
    clock.time += 5000
    expect(await poll()).toBe('invalid_grant')
    expect(ended).toEqual(['ada'])
  })

  test('that comes too early makes the interval five seconds longer, for all that follow', async () => {
    const { clock, poll, decide, findInterval } = await start()
    expect(await poll()).toBe('authorization_pending')
    clock.time += 3999
    expect(await poll()).toBe('slow_down')
    expect(await findInterval()).toBe(10)
    await decide(allowed)
    clock.time += 8999
    expect(await poll()).toBe('slow_down')
    expect(await findInterval()).toBe(15)
    clock.time += 14_000
    expect(await poll()).toBe('tokens of ada')
  })

  test('never has to wait longer than a minute for the next one', async () => {
    const { clock, poll, findInterval } = await start()
    await poll()
    for (let early = 0; early < 20; early++) expect(await poll()).toBe('slow_down')
    expect(await findInterval()).toBe(60)
    clock.time += 59_000
    expect(await poll()).toBe('authorization_pending')
  })

  test('after the clock was set back is early once', async () => {
    const { clock, poll } = await start()
    await poll()
    clock.time -= 3_600_000
    expect(await poll()).toBe('slow_down')
    clock.time += 10_000
    expect(await poll()).toBe('authorization_pending')
  })

  test('of a denied device is access_denied, as often as it asks', async () => {
    const { poll, decide } = await start()
    await decide({ kind: 'denied' })
    expect([await poll(), await poll()]).toEqual(['access_denied', 'access_denied'])
  })

  test.each(['decided', 'not decided'])('of an expired code, %s, is expired_token', async (state) => {
    const { clock, poll, decide } = await start()
    if (state === 'decided') await decide(allowed)
    clock.time += 600_000
    expect(await poll()).toBe('expired_token')
  })

  test('by another client is that of an unknown code, and changes nothing', async () => {
    const { poll, decide } = await start()
    await decide(allowed)
    expect(await poll({ code: 'unknown' })).toBe('invalid_grant')
    for (let tries = 0; tries < 10; tries++) expect(await poll({ clientId: 'other' })).toBe('invalid_grant')
    expect(await poll()).toBe('tokens of ada')
  })

  test('that the check refuses does not use the code up', async () => {
    const { clock, poll, decide, redemption } = await start()
    await decide(allowed)
    const check = () => Promise.reject(new OAuthError('invalid_grant', 'No'))
    expect(await poll({ redemption: { ...redemption, check } })).toBe('invalid_grant')
    clock.time += 5000
    expect(await poll()).toBe('tokens of ada')
  })

  test('whose tokens cannot be made leaves the code as it is', async () => {
    const { poll, decide, redemption } = await start()
    await decide(allowed)
    const make = () => Promise.reject(new Error('broken'))
    await expect(poll({ redemption: { ...redemption, make } })).rejects.toThrow('broken')
    expect(await poll()).toBe('tokens of ada')
  })

  test('leaves a row that is deleted when a replay need not be noticed any more', async () => {
    const { clock, poll, decide, storage, place } = await start()
    await decide(allowed)
    clock.time += 595_000
    await poll()
    const row = await storage.of('acme').of(deviceCodes).find(place.id)
    expect(row?.expiresAt).toBe(testStart + 655_000)
  })
})

describe.each(stores)('on %s', (_, withStore) => {
  test('of fifty polls at once one has the tokens, and the others have to slow down', () =>
    withStore(async (storage) => {
      const { poll, decide, ended } = await start(storage)
      await decide(allowed)
      const answers = await Promise.all(Array.from({ length: 50 }, () => poll()))
      expect(answers.filter((answer) => answer === 'tokens of ada')).toHaveLength(1)
      expect(answers.filter((answer) => answer === 'slow_down')).toHaveLength(49)
      expect(ended).toEqual([])
    }))
})
