import type { Client } from '../clients/client.ts'
import { OAuthError } from '../protocol/errors.ts'
import {
  type DeviceDecision,
  type DeviceDeps,
  decideOnDevice,
  findDeviceDecision,
  findWaitingDevice,
} from '../tokens/people/device-codes.ts'
import type { Flow, FlowAnswer } from './flow.ts'
import type { ContentOf, Interaction } from './interactions.ts'

/**
 * The flow of a device whose user code was typed in (RFC 8628 section 3.3). The person is asked in each case, because the code may have
 * come from an attacker (section 5.4). Throws `invalid_request` if the device does not wait any more.
 */
export async function deviceFlow(
  { content, progress }: Interaction<ContentOf<'device'>>,
  { tenantId, client }: { readonly tenantId: string; readonly client: Client },
  deps: DeviceDeps,
): Promise<Flow> {
  const { device: id, scopes } = content
  const waiting = await findWaitingDevice({ tenantId, id }, deps)
  const isOver = waiting?.clientId !== client.id
  // A second click on the button gets the page of the first one.
  if (isOver && progress.consented === null && progress.denied === null) throw deviceIsOver()
  const decide = async (decision: DeviceDecision): Promise<FlowAnswer> => {
    if (!isOver && !(await decideOnDevice({ tenantId, id }, decision, deps))) throw deviceIsOver()
    // What counts is in the row of the device: of two answers at once, the interaction may have the one that came too late.
    const result = isOver ? await findDeviceDecision({ tenantId, id }, deps) : decision.kind
    if (result === undefined) throw deviceIsOver()
    return { to: 'page', path: `/device?${new URLSearchParams({ tenant: tenantId, result })}` }
  }
  const ask = { scopes, prompt: [], maxAge: undefined, hintedSub: undefined, consent: 'always' } as const
  return {
    ...{ client, ask, asked: scopes, isDevice: true, isDecided: isOver },
    ...{ loginHint: undefined, uiLocales: undefined, redirectUri: undefined },
    finish: ({ session: { sub, authTime, amr, acr, sid }, asOf: at }) =>
      decide({ kind: 'allowed', sub, scopes, authTime, amr, acr, sid, at }),
    refuse: () => decide({ kind: 'denied' }),
  }
}

/** The error of a device that does not wait any more. */
function deviceIsOver(): OAuthError {
  return new OAuthError('invalid_request', 'The code of the device has expired or was used')
}
