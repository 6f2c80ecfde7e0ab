import type { Outbound } from '../platform/outbound.ts'
import { parseIpAddress } from '../protocol/url/ip-address.ts'
import { isPrivateAddress } from '../protocol/url/private-address.ts'

/** Why a client did not take a logout token, as a code for the log and the audit trail. */
export type SendFault =
  | 'host_not_found'
  | 'private_address'
  | 'no_answer'
  | 'timeout'
  | 'client_removed'
  | 'queue_full'
  | 'no_token'
  | 'shutdown'
  | `status_${number}`

export interface Sending {
  readonly uri: string
  readonly logoutToken: string
  /** Whether addresses may be called that not everybody can reach. */
  readonly mayBePrivate: boolean
  /** From 1. A host with several addresses is tried at another one each time. */
  readonly attempt: number
}

/** Milliseconds for one attempt, the look-up of the name included. */
export const longestAttempt = 5000

interface SendDeps {
  readonly outbound: Outbound
  readonly after: (milliseconds: number, callback: () => void) => () => void
}

const userAgent = 'grantd'

/**
 * Posts a logout token once (Back-Channel Logout section 2.5). Undefined: the client took it. The name is looked up now, and the connection
 * goes to an address that was checked, so a name that changes its address in between leads nowhere else. Never throws.
 */
export async function sendLogout(
  sending: Sending,
  { outbound, after }: SendDeps,
): Promise<SendFault | undefined> {
  const end = new AbortController()
  let cancel = () => {}
  const late = new Promise<SendFault>((resolve) => {
    cancel = after(longestAttempt, () => {
      resolve('timeout')
      end.abort()
    })
  })
  try {
    return await Promise.race([post(sending, outbound, end.signal), late])
  } finally {
    cancel()
  }
}

async function post(
  { uri, logoutToken, mayBePrivate, attempt }: Sending,
  outbound: Outbound,
  signal: AbortSignal,
): Promise<SendFault | undefined> {
  const all = await addressesOf(uri, outbound)
  const allowed = mayBePrivate ? all : all.filter(isPublic)
  const address = allowed[(attempt - 1) % Math.max(1, allowed.length)]
  if (address === undefined) return all.length === 0 ? 'host_not_found' : 'private_address'
  const form = new URLSearchParams({ logout_token: logoutToken })
  try {
    const status = await outbound.post({ url: uri, address, form, userAgent, signal })
    return status >= 200 && status < 300 ? undefined : `status_${status}`
  } catch {
    return 'no_answer'
  }
}

function isPublic(text: string): boolean {
  const address = parseIpAddress(text)
  return address !== undefined && !isPrivateAddress(address)
}

async function addressesOf(uri: string, outbound: Outbound): Promise<readonly string[]> {
  const host = new URL(uri).hostname.replace(/^\[(.*)\]$/, '$1')
  if (parseIpAddress(host)) return [host]
  try {
    return await outbound.resolve(host)
  } catch {
    return []
  }
}
