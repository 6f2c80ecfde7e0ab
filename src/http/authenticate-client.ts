import { authenticateClient } from '../clients/authentication/authentication.ts'
import type { AuthenticatedClient } from '../clients/authentication/check-credentials.ts'
import type { AssertionDeps } from '../clients/authentication/credential-check.ts'
import { secretUses } from '../clients/client-row.ts'
import { secretUseId } from '../clients/stored-clients.ts'
import type { Deps } from '../deps.ts'
import type { Attempt } from '../limits/attempt-limits.ts'
import { isThrottled } from '../protocol/errors.ts'
import { type Tenant, tenantPath } from '../tenants/tenant.ts'
import { noteRarely } from './noted-uses.ts'
import { recordWait } from './record-event.ts'
import { parseBasic } from './request/basic.ts'
import type { Form } from './request/form.ts'
import { notesOf } from './request/request-notes.ts'

/**
 * Authenticates the client that sent a form, for every endpoint with client authentication. Notes the client and its proof for the log,
 * and the use of its secret. Throws `invalid_request`, `invalid_client`, and an error of status 429 after too many failures.
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
    assertion: form.get('client_assertion'),
    assertionType: form.get('client_assertion_type'),
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
    findAssertionDeps: () => findAssertionDeps(tenant, deps),
    openAttempt: (clientId) => openAttempt(request, clientId, { tenant, deps }),
  }).catch((cause: unknown) => {
    if (isThrottled(cause)) deps.metrics?.countThrottled('client')
    throw cause
  })
  noteUse(authenticated, tenant, deps)
  notes.proof = authenticated.proof
  notes.actor = authenticated.client.id
  return authenticated
}

/**
 * The audiences of assertions are the same at introspection and revocation, because the URL of the token endpoint identifies the whole
 * server (RFC 7523 section 3).
 */
function findAssertionDeps(
  { id, issuer }: Tenant,
  { publicUrl, expiryCutoff, storage, hashing }: Deps,
): AssertionDeps {
  const audiences = [issuer, `${publicUrl}${tenantPath(id)}/oauth/token`]
  return { tenantId: id, audiences, expiryCutoff: expiryCutoff(), storage, hashing }
}

function openAttempt(
  request: Request,
  clientId: string,
  { tenant, deps }: { tenant: Tenant; deps: Deps },
): Attempt {
  const { address } = notesOf(request)
  const subject = { tenantId: tenant.id, kind: 'client', key: clientId, address }
  return deps.limits.open(subject, (block) => recordWait(request, tenant.id, block, deps))
}

function noteUse(authenticated: AuthenticatedClient, { id: tenantId }: Tenant, { now, lastUse }: Deps): void {
  const { client, proof } = authenticated
  if (proof.kind !== 'secret') return
  const at = now()
  noteRarely(authenticated, at, () => {
    const id = secretUseId(client.id, proof.id)
    return lastUse.note({ tenantId, kind: secretUses, id, at, create: { parent: client.id } })
  })
}
