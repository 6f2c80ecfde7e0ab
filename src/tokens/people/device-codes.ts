import type { Static } from '@sinclair/typebox'
import type { Hashing } from '../../platform/hashing.ts'
import { base64url } from '../../protocol/base64url.ts'
import { makeUserCode, parseUserCode, renderUserCode } from '../../protocol/people/user-code.ts'
import { lost, untilWritten } from '../../storage/compare-and-swap.ts'
import { type Storage, systemTenant } from '../../storage/storage.ts'
import { deviceCodes, userCodes } from './device-code-row.ts'

export interface DeviceDeps {
  readonly storage: Storage
  readonly hashing: Pick<Hashing, 'sha256'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What a device asks for. */
export interface DeviceRequest {
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Resolved: the `aud` of its access tokens. */
  readonly audience: readonly string[]
}

/** A device on which a person has to decide. */
export interface WaitingDevice extends DeviceRequest {
  readonly tenantId: string
  /** The id of its row. It is no secret: it opens nothing. */
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface DeviceAllowed {
  readonly kind: 'allowed'
  readonly sub: string
  /** Those of the device that the person granted. */
  readonly scopes: readonly string[]
  /** Seconds since the epoch. */
  readonly authTime: number
  readonly amr: readonly string[]
  readonly acr: string | null
  readonly sid: string | null
  /** When the person was known to allow it, in milliseconds since the epoch. A later cutoff ends what the device got. */
  readonly at: number
}

export type DeviceDecision = DeviceAllowed | { readonly kind: 'denied' }

/** The first interval of polls, in seconds (RFC 8628 section 3.2). */
export const firstInterval = 5

/**
 * Issues the two codes of a device. They are valid for `ttl` seconds; the row stays `keep` seconds longer. Throws StorageError.
 */
export async function issueDeviceCodes(
  request: DeviceRequest,
  { tenantId, ttl, keep }: { readonly tenantId: string; readonly ttl: number; readonly keep: number },
  deps: DeviceDeps & { readonly randomBytes: (count: number) => Uint8Array },
): Promise<{ readonly deviceCode: string; readonly userCode: string }> {
  const deviceCode = base64url(deps.randomBytes(32))
  const id = deviceRowId(deviceCode, deps)
  const now = deps.now()
  const expiresAt = now + ttl * 1000
  const value = newDevice(request, { now, expiresAt })
  return untilWritten(async () => {
    const code = makeUserCode(deps.randomBytes)
    const index = { id: userCodeId(code, deps), value: { tenant: tenantId, device: id }, expiresAt }
    const isMade = await deps.storage.transaction(async (inside) => {
      // Another device has the code. Of 20^8 codes few are taken, so the next try finds a free one.
      if (!(await inside.of(systemTenant).of(userCodes).create(index))) return false
      const device = { id, value, expiresAt: expiresAt + keep * 1000 }
      return inside.of(tenantId).of(deviceCodes).create(device)
    })
    return isMade ? { deviceCode, userCode: renderUserCode(code) } : lost
  })
}

function newDevice(
  { clientId, scopes, audience }: DeviceRequest,
  { now, expiresAt }: { readonly now: number; readonly expiresAt: number },
): Static<typeof deviceCodes.schema> {
  return {
    client_id: clientId,
    scopes: [...scopes],
    audience: [...audience],
    created_at: now,
    expires_at: expiresAt,
    interval: firstInterval,
    polled_at: null,
    decision: null,
    used_at: null,
  }
}

/**
 * The device that shows this code, as a person typed it. Undefined if the code is unknown, expired or was decided on. Throws StorageError.
 */
export async function findDeviceByUserCode(
  text: string,
  deps: DeviceDeps,
): Promise<WaitingDevice | undefined> {
  const code = parseUserCode(text)
  if (code === undefined) return undefined
  const found = await deps.storage.of(systemTenant).of(userCodes).find(userCodeId(code, deps))
  if (!found) return undefined
  return findWaitingDevice({ tenantId: found.value.tenant, id: found.value.device }, deps)
}

/** The device with this row id. Undefined if it does not wait any more. Throws StorageError. */
export async function findWaitingDevice(
  { tenantId, id }: Pick<WaitingDevice, 'tenantId' | 'id'>,
  { storage, now }: DeviceDeps,
): Promise<WaitingDevice | undefined> {
  const found = await storage.of(tenantId).of(deviceCodes).find(id)
  if (!found) return undefined
  const { client_id, scopes, audience, expires_at, decision } = found.value
  if (decision !== null || expires_at <= now()) return undefined
  return { tenantId, id, clientId: client_id, scopes, audience, expiresAt: expires_at }
}

/** What was decided on the device with this row id. Undefined if nobody has decided, or the row is gone. Throws StorageError. */
export async function findDeviceDecision(
  { tenantId, id }: Pick<WaitingDevice, 'tenantId' | 'id'>,
  { storage }: DeviceDeps,
): Promise<DeviceDecision['kind'] | undefined> {
  return (await storage.of(tenantId).of(deviceCodes).find(id))?.value.decision?.kind
}

/**
 * Writes down the decision of a person. Returns false if the device does not wait any more: of two decisions the first one counts. Throws
 * StorageError.
 */
export function decideOnDevice(
  { tenantId, id }: Pick<WaitingDevice, 'tenantId' | 'id'>,
  decision: DeviceDecision,
  { storage, now }: DeviceDeps,
): Promise<boolean> {
  const rows = storage.of(tenantId).of(deviceCodes)
  return untilWritten(async () => {
    const found = await rows.find(id)
    if (!found || found.value.decision !== null || found.value.expires_at <= now()) return false
    const value = { ...found.value, decision: storedDecision(decision) }
    return (await rows.replace(id, value, { ifVersion: found.version })) ? true : lost
  })
}

function storedDecision(decision: DeviceDecision): Static<typeof deviceCodes.schema>['decision'] {
  if (decision.kind === 'denied') return { kind: 'denied' }
  const { kind, sub, scopes, authTime, amr, acr, sid, at } = decision
  return { kind, sub, scopes: [...scopes], auth_time: authTime, amr: [...amr], acr, sid, at }
}

/** The id of the row of a device code. */
export function deviceRowId(deviceCode: string, { hashing }: Pick<DeviceDeps, 'hashing'>): string {
  return hashing.sha256(deviceCode).toHex()
}

function userCodeId(code: string, { hashing }: Pick<DeviceDeps, 'hashing'>): string {
  return hashing.sha256(`user code\0${code}`).toHex()
}
