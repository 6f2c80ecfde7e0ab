import { type ConsentKey, findConsent, withdrawConsent } from '../../consents/consents.ts'
import type { Deps } from '../../deps.ts'
import { pagePath, seeOther } from '../../http/browser/people-page.ts'
import { recordAudit } from '../../http/record-event.ts'
import type { Form } from '../../http/request/form.ts'
import { OAuthError } from '../../protocol/errors.ts'
import type { AccountVisit } from './account-view.ts'

/** Takes back what the person allowed the app of the input `client`, and ends what it got. */
export async function takeBackConsent(visit: AccountVisit, sent: Form): Promise<Response> {
  const { request, tenant, deps, person } = visit
  const clientId = sent.get('client')
  if (clientId === undefined) throw new OAuthError('invalid_request', 'Missing client parameter')
  const key = { tenantId: tenant.id, sub: person.sub, clientId }
  const isTaken = (await isApp(key, deps)) && (await withdrawConsent(key, deps))
  // Without a consent the id is only a text of the sender, and the trail names clients that exist.
  if (isTaken) {
    const event = { type: 'consent.withdrawn', tenant: tenant.id, outcome: 'success' } as const
    recordAudit(request, { ...event, actor: person.sub, client: clientId }, deps)
    deps.metrics?.countAccountChange('consent_withdrawn')
  }
  return seeOther(pagePath(tenant, '/account', deps, { done: 'consent-withdrawn' }))
}

/** Any other id is a text of the sender. It could have got nothing, and its cutoff would be a row that stays for ever. */
async function isApp(key: ConsentKey, deps: Deps): Promise<boolean> {
  const client = await deps.clients.of(key.tenantId).find(key.clientId)
  return client !== undefined || (await findConsent(key, deps)) !== undefined
}
