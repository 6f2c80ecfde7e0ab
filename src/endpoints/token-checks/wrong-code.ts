import type { Deps } from '../../deps.ts'
import { recordWait } from '../../http/record-event.ts'
import { notesOf } from '../../http/request/request-notes.ts'
import { OAuthError } from '../../protocol/errors.ts'
import type { CheckedRequest } from './token-check.ts'

/**
 * Counts a code or a refresh token that is wrong, by the address. Returns the error that the client gets: above the rate an error of
 * status 429 in place of its own. A right code is never refused for wrong ones, because nobody can guess it, and others are behind the
 * same address.
 */
export function countWrongCode(
  error: unknown,
  { request, grant, tenant, client }: CheckedRequest,
  deps: Deps,
): unknown {
  if (!grant.isOfPeople || !(error instanceof OAuthError) || error.code !== 'invalid_grant') return error
  const sender = { tenantId: tenant.id, clientId: client.id, address: notesOf(request).address() }
  const refused = deps.rates.wrongCodes.count(sender, (seconds) =>
    recordWait(request, tenant.id, { scope: 'address', seconds }, deps),
  )
  if (refused) deps.metrics?.countThrottled('code')
  return refused ?? error
}
