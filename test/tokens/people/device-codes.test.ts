import { describe, expect, test } from 'bun:test'
import { makeUserCode, parseUserCode, renderUserCode } from '../../../src/protocol/people/user-code.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { systemTenant } from '../../../src/storage/storage.ts'
import { deviceCodes, userCodes } from '../../../src/tokens/people/device-code-row.ts'
import {
  type DeviceDecision,
  decideOnDevice,
  deviceRowId,
  findDeviceByUserCode,
  findWaitingDevice,
  issueDeviceCodes,
} from '../../../src/tokens/people/device-codes.ts'
import { platform, testStart } from '../../support/test-app.ts'

const request = { clientId: 'tv', scopes: ['openid'], audience: ['api'] }
const allowed: DeviceDecision = {
  ...{ kind: 'allowed', sub: 'ada', scopes: ['openid'] },
  ...{ authTime: 1, amr: ['pwd'], acr: null, sid: 's', at: testStart },
}

function world() {
  const clock = { time: testStart }
  const deps = { ...platform, storage: createMemoryStorage(), now: () => clock.time }
  const issue = () => issueDeviceCodes(request, { tenantId: 'acme', ttl: 600, keep: 60 }, deps)
  return { clock, deps, issue }
}

describe('a user code', () => {
  test('is eight of twenty consonants, shown with a dash', () => {
    const code = makeUserCode(platform.randomBytes)
    expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
    expect(renderUserCode(code)).toBe(`${code.slice(0, 4)}-${code.slice(4)}`)
  })

  test('has each letter equally often', () => {
    const counts = new Map<string, number>()
    for (let round = 0; round < 2500; round++)
      for (const letter of makeUserCode(platform.randomBytes))
        counts.set(letter, (counts.get(letter) ?? 0) + 1)
    expect(counts.size).toBe(20)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(250)
  })

  test.each(['BCDF-GHJK', 'bcdfghjk', ' bcdf ghjk ', 'BCDF–GHJK', 'b c d f.g_h j k'])(
    '%j is the code BCDFGHJK',
    (text) => expect(parseUserCode(text)).toBe('BCDFGHJK'),
  )

  test.each(['', 'BCDFGHJ', 'BCDFGHJKL', 'ACDFGHJK', 'BCDFGHJ1', 'BCDFGHJß', 'BCDFGHJ\0'])(
    '%j is none',
    (text) => expect(parseUserCode(text)).toBeUndefined(),
  )
})

describe('the codes of a device', () => {
  test('the user code finds what the device asked for, and neither code is in the storage', async () => {
    const { deps, issue } = world()
    const { deviceCode, userCode } = await issue()
    expect(deviceCode).toMatch(/^[\w-]{43}$/)
    const expiresAt = testStart + 600_000
    const id = deviceRowId(deviceCode, deps)
    expect(await findDeviceByUserCode(userCode.toLowerCase(), deps)).toEqual({
      ...request,
      ...{ tenantId: 'acme', id, expiresAt },
    })
    const rows = [
      ...(await deps.storage.of('acme').of(deviceCodes).list({ limit: 9 })),
      ...(await deps.storage.of(systemTenant).of(userCodes).list({ limit: 9 })),
    ]
    expect(rows.map((row) => row.expiresAt)).toEqual([expiresAt + 60_000, expiresAt])
    for (const secret of [deviceCode, userCode, userCode.replace('-', '')])
      expect(JSON.stringify(rows)).not.toContain(secret)
  })

  test('a user code that another device has is not given again', async () => {
    const { deps } = world()
    let calls = 0
    // The device codes differ. The first user code of the second device is that of the first one.
    const randomBytes = (count: number) =>
      new Uint8Array(count).fill(count === 32 ? ++calls : calls++ < 3 ? 1 : 2)
    const issue = () =>
      issueDeviceCodes(request, { tenantId: 'acme', ttl: 600, keep: 60 }, { ...deps, randomBytes })
    const codes = [(await issue()).userCode, (await issue()).userCode]
    expect(codes).toEqual(['CCCC-CCCC', 'DDDD-DDDD'])
  })

  test('they end with their time', async () => {
    const { clock, deps, issue } = world()
    const { deviceCode, userCode } = await issue()
    clock.time += 599_999
    expect(await findDeviceByUserCode(userCode, deps)).toBeDefined()
    clock.time += 1
    expect(await findDeviceByUserCode(userCode, deps)).toBeUndefined()
    const id = deviceRowId(deviceCode, deps)
    expect(await findWaitingDevice({ tenantId: 'acme', id }, deps)).toBeUndefined()
    expect(await decideOnDevice({ tenantId: 'acme', id }, allowed, deps)).toBe(false)
  })

  test('of many decisions at once one counts', async () => {
    const { deps, issue } = world()
    const { deviceCode, userCode } = await issue()
    const place = { tenantId: 'acme', id: deviceRowId(deviceCode, deps) }
    const decisions = Array.from(
      { length: 20 },
      (_, at): DeviceDecision => (at % 2 ? allowed : { kind: 'denied' }),
    )
    const written = await Promise.all(decisions.map((decision) => decideOnDevice(place, decision, deps)))
    expect(written.filter(Boolean)).toHaveLength(1)
    expect(await findDeviceByUserCode(userCode, deps)).toBeUndefined()
  })

  test('the id of the row of another tenant finds nothing', async () => {
    const { deps, issue } = world()
    const id = deviceRowId((await issue()).deviceCode, deps)
    expect(await findWaitingDevice({ tenantId: 'other', id }, deps)).toBeUndefined()
    expect(await decideOnDevice({ tenantId: 'other', id }, allowed, deps)).toBe(false)
  })
})
