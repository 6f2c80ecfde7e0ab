import { type AuthenticatedClient, authenticateClient } from '../clients/authentication-methods.ts'
import type { Deps } from '../deps.ts'
import type { Attempt } from '../limits/attempt-limits.ts'
import { OAuthError, tooManyRequests } from '../protocol/errors.ts'
import { usePrecision } from '../storage/last-use.ts'
import { secretUses } from '../storage/records.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { recordAudit } from './record-event.ts'
import { parseBasic } from './request/basic.ts'
import type { Form } from './request/form.ts'
import { notesOf } from './request/request-notes.ts'

/**
 * The client that a form is from, as every endpoint with client authentication wants it; notes the client for the log,
 * and the use of its secret. Throws `invalid_request`, `invalid_client`, and 429 for whoever failed too often.
 */
export async function authenticateRequest(
  request: Request,
  form: Form,
  { tenant, deps }: { tenant: Tenant; deps: Deps },
): Promise<AuthenticatedClient> {
  const notes = notesOf(request)
  const presented = {
    basic: parseBasic(request.headers.get('authorization')),
    clientId: form.get('client_id'),
    clientSecret: form.get('client_secret'),
  }
  const authenticated = await authenticateClient(presented, {
    clients: deps.clients.of(tenant.id),
    secrets: deps.secrets,
    now: deps.now,
    findSignal: () => request.signal,
    onClaimed: ({ id }) => {
      notes.clientId = id
    },
    tenantId: tenant.id,
    openAttempt: (clientId) => openAttempt(request, clientId, { tenant, deps }),
  }).catch((cause: unknown) => {
    if (cause instanceof OAuthError && cause.status === tooManyRequests)
      deps.metrics?.countThrottled('client')
    throw cause
  })
  noteSecretUse(authenticated, tenant, deps)
  notes.secretId = authenticated.secret.id
  notes.actor = authenticated.client.id
  return authenticated
}

function openAttempt(
  request: Request,
  clientId: string,
  { tenant, deps }: { tenant: Tenant; deps: Deps },
): Attempt {
  const notes = notesOf(request)
  const subject = { tenantId: tenant.id, kind: 'client', key: clientId, address: notes.address }
  return deps.limits.open(subject, ({ scope, seconds }) => {
    const detail = { scope, seconds: String(seconds) }
    const { clientId: client } = notes
    recordAudit(
      request,
      { type: 'limit.reached', tenant: tenant.id, outcome: 'refused', client, detail },
      deps,
    )
  })
}

/** Of a client of config.yaml, whose secret is one object for long, most of the time one look says that it was noted. */
function noteSecretUse({ client, secret }: AuthenticatedClient, { id: tenantId }: Tenant, deps: Deps): void {
  const at = deps.now()
  if (Math.abs(at - secret.notedAt) < usePrecision) return
  const id = JSON.stringify([client.id, secret.id])
  const isKept = deps.lastUse.note({ tenantId, kind: secretUses, id, at, create: { parent: client.id } })
  if (isKept) secret.notedAt = at
}
