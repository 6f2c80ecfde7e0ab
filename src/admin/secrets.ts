import { Elysia } from 'elysia'
import { type SecretView, viewSecrets } from '../clients/client-view.ts'
import { findClient } from '../clients/listed-clients.ts'
import { formats } from '../config/formats.ts'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { noStore } from '../http/answer/no-store.ts'
import { hasBody, parseJsonBody } from '../http/request/json-body.ts'
import { type AddClientSecretOptions, addClientSecret } from '../management/add-client-secret.ts'
import { ownerOf } from '../management/client-owner.ts'
import { removeClientSecret } from '../management/remove-client-secret.ts'
import { OAuthError } from '../protocol/errors.ts'
import { actorOf, forTenant, type TenantCall } from './access.ts'
import { parseIfMatch, renderEtag } from './etag.ts'
import { addDetail, listDetail, removeDetail } from './secrets-detail.ts'
import { AddSecretRequest, usualOverlap } from './secrets-messages.ts'

const base = '/api/v1/admin/tenants/:tenant/clients/:client/secrets'

/** `/api/v1/admin/tenants/{tenant}/clients/{client}/secrets`. */
export const adminSecrets = (deps: Deps) =>
  new Elysia()
    .get(base, forTenant(deps, list), { detail: listDetail })
    .post(base, forTenant(deps, add), { parse: 'none', detail: addDetail })
    .delete(`${base}/:secret`, forTenant(deps, remove), { parse: 'none', detail: removeDetail })

interface Ids {
  readonly client: string
}

async function list(call: TenantCall, { client: id }: Ids): Promise<Response> {
  const { tenant, deps } = call
  const found = await findClient(id, ownerOf(tenant, deps), deps.storage)
  if (!found) throw new OAuthError('not_found', 'Client not found')
  const items = await viewSecrets(found, {
    tenantId: tenant.id,
    storage: deps.storage,
    now: deps.now(),
  })
  const etag = found.row && { ETag: renderEtag(found.row) }
  return json({ items, next_cursor: null }, { headers: etag })
}

async function add(call: TenantCall, { client: id }: Ids): Promise<Response> {
  const { request, tenant, deps } = call
  const body = hasBody(request) ? await parseJsonBody(request, { schema: AddSecretRequest }) : {}
  const { id: chosen, expires_at = null, old_ends_in_seconds = usualOverlap } = body
  const options: AddClientSecretOptions<readonly SecretView[]> = {
    id,
    secretId: chosen,
    expiresAt: expires_at === null ? null : parseMoment(expires_at),
    oldEndIn: old_ends_in_seconds === null ? null : old_ends_in_seconds * 1000,
    checkCurrent: parseIfMatch(request),
    actor: actorOf(call),
    read: (changed, storage) => viewSecrets(changed, { tenantId: tenant.id, storage, now: deps.now() }),
  }
  const { row, secret, secretId, shown } = await addClientSecret(options, tenant, deps)
  return json(
    { client_secret: secret, ...shown.find((each) => each.id === secretId) },
    { status: 201, headers: { ETag: renderEtag(row) } },
  )
}

function parseMoment(text: string): number {
  if (formats['moment']?.accepts(text)) return Date.parse(text)
  throw new OAuthError(
    'invalid_request',
    'The field expires_at must be a time in UTC such as 2030-01-31T00:00:00Z',
  )
}

async function remove(
  call: TenantCall,
  { client: id, secret: secretId }: Ids & { readonly secret: string },
): Promise<Response> {
  const { request, tenant, deps } = call
  const checkCurrent = parseIfMatch(request)
  const options = { id, secretId, checkCurrent, actor: actorOf(call) }
  const row = await removeClientSecret(options, tenant, deps)
  return new Response(null, { status: 204, headers: { ...noStore, ETag: renderEtag(row) } })
}
