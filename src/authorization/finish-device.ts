import { OAuthError } from '../protocol/errors.ts'
import { type DeviceDecision, type DeviceDeps, decideOnDevice } from '../tokens/people/device-codes.ts'

/** The decision of a signed-in person on a device, from the consent page of an interaction of kind `device`. */
export interface DeviceFinish {
  readonly tenantId: string
  /** The id of the row of the device (`WaitingDevice.id`), which the interaction holds. */
  readonly deviceId: string
  readonly decision: DeviceDecision
}

/**
 * Writes the decision down, so that the next poll of the device is answered by it. Returns the path and query of the page that says so,
 * below public_url. Throws `invalid_request` if the device does not wait any more, and StorageError.
 */
export async function finishDevice(
  { tenantId, deviceId, decision }: DeviceFinish,
  deps: DeviceDeps,
): Promise<string> {
  const isWritten = await decideOnDevice({ tenantId, id: deviceId }, decision, deps)
  if (!isWritten) throw deviceIsOver()
  return devicePath({ tenantId, result: decision.kind })
}

/** The error of a device that does not wait any more. */
export function deviceIsOver(): OAuthError {
  return new OAuthError('invalid_request', 'The code of the device has expired or was used')
}

/** The page of the result, which has no state of its own. */
export function devicePath({ tenantId, result }: { tenantId: string; result: 'allowed' | 'denied' }): string {
  return `/device?${new URLSearchParams({ tenant: tenantId, result })}`
}
