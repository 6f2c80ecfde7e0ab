import type { Static } from '@sinclair/typebox'
import { type Finding, OAuthError } from '../../protocol/errors.ts'
import { momentText, quoted } from '../../protocol/finding-words.ts'
import { lost, untilWritten } from '../../storage/compare-and-swap.ts'
import type { Storage, StoredRecord } from '../../storage/storage.ts'
import { deviceCodes } from './device-code-row.ts'
import { type DeviceAllowed, type DeviceDeps, type DeviceRequest, deviceRowId } from './device-codes.ts'

/** A poll of a device (RFC 8628 section 3.4). */
export interface DevicePoll {
  readonly tenantId: string
  readonly clientId: string
  readonly deviceCode: string
}

/** What the device gets: what it asked for, and what the person allowed. */
export interface DeviceGranted {
  readonly request: DeviceRequest
  readonly allowed: DeviceAllowed
  /** When the device asked, in milliseconds since the epoch; undefined: an earlier build did not write it down. */
  readonly askedAt: number | undefined
  /** When the code expires, in milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface DeviceRedemption<C, T> {
  /** Throws if the person may not have the tokens any more. The code is not used up then. */
  readonly check: (granted: DeviceGranted) => Promise<C>
  /** Makes what the device gets, in the transaction that uses the code up. */
  readonly make: (checked: C, granted: DeviceGranted, inside: Storage) => Promise<T>
  /** Ends what came of a code that is used a second time. */
  readonly endReplayed: (granted: DeviceGranted) => Promise<void>
  /** How long the row is kept after its use, in milliseconds, so that a replay is noticed. */
  readonly keep: number
}

export interface PollDeps extends DeviceDeps {
  /** See Deps.expiryCutoff. */
  readonly expiryCutoff: () => number
}

type Row = StoredRecord<Static<typeof deviceCodes.schema>>

/** Seconds by which the interval grows with each poll that comes too early (RFC 8628 section 3.5). */
const intervalStep = 5

/** The longest interval, in seconds. A device that never slows down must be able to go on after it did. */
const longestInterval = 60

/** Milliseconds by which a poll may be early, because two requests take different times on their way. */
const earlyBy = 1000

/**
 * Answers one poll. Exactly one poll gets what `make` returns, because one transaction makes it and uses the code up. Throws
 * `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_grant` for an unknown or used code and for one of
 * another client, and StorageError.
 */
export function redeemDeviceCode<C, T>(
  poll: DevicePoll,
  redemption: DeviceRedemption<C, T>,
  deps: PollDeps,
): Promise<T> {
  const id = deviceRowId(poll.deviceCode, deps)
  const rows = deps.storage.of(poll.tenantId).of(deviceCodes)
  return untilWritten(async () => {
    const row = await rows.find(id)
    if (!row || row.value.client_id !== poll.clientId)
      throw deviceCodeInvalid('unknown', {
        ...{
          check: 'device code',
          wanted: 'the device_code of the answer, from the client that asked for it',
        },
        saw: row
          ? `a code of the client ${quoted(row.value.client_id)}`
          : 'a code that this tenant did not issue, or that is gone',
      })
    // A code has expired also if the clock was set back since.
    checkOpen(row, Math.max(deps.now(), deps.expiryCutoff()))
    const { decision, used_at } = row.value
    if (isEarly(row, deps.now())) return slowDown(row, { tenantId: poll.tenantId, deps })
    if (decision === null) return keepWaiting(row, { tenantId: poll.tenantId, deps })
    const granted = grantedOf(row)
    if (used_at !== null) {
      await redemption.endReplayed(granted)
      throw deviceCodeInvalid('used', usedCode(used_at, deps.now()))
    }
    const checked = await redemption.check(granted)
    const make = (inside: Storage) => redemption.make(checked, granted, inside)
    return useUp(row, { tenantId: poll.tenantId, keep: redemption.keep, make, deps })
  })
}

interface Written {
  readonly tenantId: string
  readonly deps: DeviceDeps
}

/** A used code is not expired: the device that used it before must not take a replay for that. */
function checkOpen({ value }: Row, now: number): void {
  if (value.decision?.kind === 'denied')
    throw new OAuthError('access_denied', 'The person denied the request', {
      finding: {
        check: 'decision of the person',
        saw: 'the person denied it',
        wanted: 'a person who allows it',
      },
    })
  if (value.used_at === null && value.expires_at <= now)
    throw new OAuthError('expired_token', 'The device code has expired', {
      finding: {
        ...{ check: 'life of the device code', wanted: 'a person who decides in time' },
        saw: `a code that expired at ${momentText(value.expires_at, now)}`,
      },
    })
}

/** The first poll is never early. A clock that was set back makes one poll early, and not all of them. */
function isEarly({ value: { polled_at, interval } }: Row, now: number): boolean {
  return polled_at !== null && now < polled_at + interval * 1000 - earlyBy
}

/** Where another poll writes at the same moment, one of the two makes the interval longer. */
async function slowDown(row: Row, { tenantId, deps }: Written): Promise<never> {
  const interval = Math.min(row.value.interval + intervalStep, longestInterval)
  await replace(row, { ...row.value, interval, polled_at: deps.now() }, tenantId, deps)
  throw new OAuthError('slow_down', 'The device asks too often: wait five seconds longer each time')
}

async function keepWaiting(row: Row, { tenantId, deps }: Written): Promise<typeof lost> {
  if (!(await replace(row, { ...row.value, polled_at: deps.now() }, tenantId, deps))) return lost
  throw new OAuthError('authorization_pending', 'The person has not decided yet')
}

function replace(row: Row, value: Row['value'], tenantId: string, { storage }: DeviceDeps): Promise<boolean> {
  return storage.of(tenantId).of(deviceCodes).replace(row.id, value, { ifVersion: row.version })
}

interface UsingUp<T> extends Written {
  readonly keep: number
  readonly make: (inside: Storage) => Promise<T>
}

function useUp<T>(row: Row, { tenantId, keep, make, deps }: UsingUp<T>): Promise<T | typeof lost> {
  const now = deps.now()
  const value = { ...row.value, polled_at: now, used_at: now }
  // A replay within the life of the code must be noticed too.
  const expiresAt = Math.max(now + keep, row.value.expires_at)
  return deps.storage.transaction(async (inside) => {
    const rows = inside.of(tenantId).of(deviceCodes)
    return (await rows.replace(row.id, value, { ifVersion: row.version, expiresAt })) ? make(inside) : lost
  })
}

function grantedOf({ value }: Row): DeviceGranted {
  const { client_id, scopes, audience, decision, created_at: askedAt, expires_at } = value
  if (decision?.kind !== 'allowed') throw new TypeError('Only an allowed device has something to get')
  const { auth_time, ...allowed } = decision
  return {
    request: { clientId: client_id, scopes, audience },
    allowed: { ...allowed, authTime: auth_time },
    askedAt,
    expiresAt: expires_at,
  }
}

/** The words for every code that is of no use to this client. */
export const deviceCodeMessage = 'Device code is invalid or expired'

/** The same error for each of them. `reason` is for the log. */
export function deviceCodeInvalid(reason: string, finding: Finding): OAuthError {
  return new OAuthError('invalid_grant', deviceCodeMessage, { reason: `device_code_${reason}`, finding })
}

/** What is said of a code that comes a second time. */
export function usedCode(usedAt: number, now: number): Finding {
  const saw = `a code that was used at ${momentText(usedAt, now)}; the tokens that came of it have ended`
  return { check: 'first use of the device code', saw, wanted: 'a new code' }
}
