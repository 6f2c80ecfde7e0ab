import type { Deps } from '../../deps.ts'
import type { BegunSignIn } from '../../limits/rates/sign-in-rates.ts'
import { OAuthError, tooManyRequests } from '../../protocol/errors.ts'
import { hasSignedIn } from '../../sessions/browsers.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { recordAudit } from '../record-event.ts'
import { notesOf } from '../request/request-notes.ts'

/**
 * Counts a request by which somebody who has proven nothing makes the server write. `browserHash` is undefined where there is no browser.
 * Throws an error of status 429 if too many come from this address or at this tenant, and StorageError.
 */
export async function beginSignIn(
  request: Request,
  { tenant, browserHash }: { readonly tenant: Pick<Tenant, 'id'>; readonly browserHash: string | undefined },
  deps: Deps,
): Promise<BegunSignIn> {
  const { address, clientId: client } = notesOf(request)
  const findKnownBrowser = async () => {
    const isKnown =
      browserHash !== undefined && (await hasSignedIn({ tenantId: tenant.id, browserHash }, deps))
    return isKnown ? browserHash : undefined
  }
  const sender = { tenantId: tenant.id, address: address(), findKnownBrowser }
  try {
    return await deps.rates.signIns.begin(sender, (seconds) => {
      const detail = { scope: 'sign_in_rate', seconds: String(seconds) }
      recordAudit(
        request,
        { type: 'limit.reached', tenant: tenant.id, outcome: 'refused', client, detail },
        deps,
      )
    })
  } catch (cause) {
    if (cause instanceof OAuthError && cause.status === tooManyRequests)
      deps.metrics?.countThrottled('sign_in')
    throw cause
  }
}
