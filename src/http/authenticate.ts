import { type AuthenticatedClient, authenticateClient } from '../clients/authenticate.ts'
import type { Deps } from '../deps.ts'
import { usePrecision } from '../storage/last-use.ts'
import { secretUses } from '../storage/records.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { parseBasic } from './basic.ts'
import type { Form } from './form.ts'
import { notesOf } from './request-notes.ts'

/**
 * The client that a form is from, as every endpoint with client authentication wants it; notes the client for the log,
 * and the use of its secret. Throws `invalid_request` and `invalid_client`.
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
  })
  noteSecretUse(authenticated, tenant, deps)
  notes.secretId = authenticated.secret.id
  notes.actor = authenticated.client.id
  return authenticated
}

/** Of a client of config.yaml, whose secret is one object for long, most of the time one look says that it was noted. */
function noteSecretUse({ client, secret }: AuthenticatedClient, { id: tenantId }: Tenant, deps: Deps): void {
  const at = deps.now()
  if (Math.abs(at - secret.notedAt) < usePrecision) return
  const id = JSON.stringify([client.id, secret.id])
  const isKept = deps.lastUse.note({ tenantId, kind: secretUses, id, at, create: { parent: client.id } })
  if (isKept) secret.notedAt = at
}
