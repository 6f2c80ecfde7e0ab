import type { Deps } from '../../deps.ts'
import type { BegunSignIn } from '../../limits/rates/sign-in-rates.ts'
import { isThrottled } from '../../protocol/errors.ts'
import { hasSignedIn } from '../../sessions/browsers.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { recordWait } from '../record-event.ts'
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
  const { address } = notesOf(request)
  const findKnownBrowser = async () => {
    const isKnown =
      browserHash !== undefined && (await hasSignedIn({ tenantId: tenant.id, browserHash }, deps))
    return isKnown ? browserHash : undefined
  }
  const sender = { tenantId: tenant.id, address: address(), findKnownBrowser }
  try {
    return await deps.rates.signIns.begin(sender, (seconds) =>
      recordWait(request, tenant.id, { scope: 'sign_in_rate', seconds }, deps),
    )
  } catch (cause) {
    if (isThrottled(cause)) deps.metrics?.countThrottled('sign_in')
    throw cause
  }
}
