import { Elysia } from 'elysia'
import { viewClient, viewSecrets } from '../clients/client-view.ts'
import { findClient, type ListedClient, listClients } from '../clients/listed-clients.ts'
import { getStoredClient } from '../clients/stored-clients.ts'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { noStore } from '../http/answer/no-store.ts'
import { changeClient } from '../management/change-client.ts'
import type { ReadChanged } from '../management/client-change.ts'
import { ownerOf } from '../management/client-owner.ts'
import { createClient } from '../management/create-client.ts'
import { deleteClient } from '../management/delete-client.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Storage } from '../storage/storage.ts'
import { actorOf, forTenant, type TenantCall } from './access.ts'
import { createDetail, deleteDetail, getDetail, listDetail, patchDetail } from './clients-detail.ts'
import type { ClientResponse } from './clients-messages.ts'
import { parseIfMatch, renderEtag, requireIfMatch } from './etag.ts'
import { parsePage, renderPage } from './list-page.ts'
import { parseMembers, parsePatch } from './patch-body.ts'

const base = '/api/v1/admin/tenants/:tenant/clients'

/** `/api/v1/admin/tenants/{tenant}/clients`. */
export const adminClients = (deps: Deps) =>
  new Elysia()
    .get(base, forTenant(deps, list), { detail: listDetail })
    .post(base, forTenant(deps, create), { parse: 'none', detail: createDetail })
    .get(`${base}/:client`, forTenant(deps, get), { detail: getDetail })
    .patch(`${base}/:client`, forTenant(deps, change), { parse: 'none', detail: patchDetail })
    .delete(`${base}/:client`, forTenant(deps, remove), { parse: 'none', detail: deleteDetail })

interface Ids {
  readonly client: string
}

async function list({ request, tenant, deps }: TenantCall): Promise<Response> {
  const listed = { tenant: tenant.id, name: 'clients' }
  const page = parsePage(request, listed)
  const found = await listClients({ ...page, limit: page.limit + 1 }, ownerOf(tenant, deps), deps.storage)
  const body = renderPage(found, {
    page,
    list: listed,
    idOf: ({ client }) => client.id,
    render: viewClient,
  })
  return json(body)
}

async function create(call: TenantCall): Promise<Response> {
  const { request, tenant, deps } = call
  const { client_id: id, ...patch } = await parseMembers(request)
  if (typeof id !== 'string') throw new OAuthError('invalid_request', 'Missing required field: client_id')
  const { row, secret, shown } = await createClient(
    { id, patch, actor: actorOf(call), read: renderIn(call) },
    tenant,
    deps,
  )
  const body = { ...(secret !== undefined && { client_secret: secret }), ...shown }
  return json(body, { status: 201, headers: { ETag: renderEtag(row) } })
}

async function get(call: TenantCall, { client: id }: Ids): Promise<Response> {
  const { tenant, deps } = call
  const found = await findClient(id, ownerOf(tenant, deps), deps.storage)
  if (!found) throw new OAuthError('not_found', 'Client not found')
  const etag = found.row && { ETag: renderEtag(found.row) }
  return json(await render(found, call, deps.storage), { headers: etag })
}

async function change(call: TenantCall, { client: id }: Ids): Promise<Response> {
  const { request, tenant, deps } = call
  // Comes first: no ETag helps with a client that does not exist, or that config.yaml defines.
  await getStoredClient(id, ownerOf(tenant, deps), deps.storage)
  const checkCurrent = requireIfMatch(request)
  const patch = await parsePatch(request)
  const options = { id, patch, checkCurrent, actor: actorOf(call), read: renderIn(call) }
  const { row, shown } = await changeClient(options, tenant, deps)
  return json(shown, { headers: { ETag: renderEtag(row) } })
}

async function remove(call: TenantCall, { client: id }: Ids): Promise<Response> {
  const { request, tenant, deps } = call
  await deleteClient({ id, checkCurrent: parseIfMatch(request), actor: actorOf(call) }, tenant, deps)
  return new Response(null, { status: 204, headers: noStore })
}

function renderIn(call: TenantCall): ReadChanged<ClientResponse> {
  return (changed, inside) => render(changed, call, inside)
}

async function render(
  found: ListedClient,
  { tenant, deps }: TenantCall,
  storage: Storage,
): Promise<ClientResponse> {
  const secrets = await viewSecrets(found, { tenantId: tenant.id, storage, now: deps.now() })
  return { ...viewClient(found), secrets }
}
