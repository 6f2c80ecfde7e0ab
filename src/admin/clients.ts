import { Elysia } from 'elysia'
import { buildStoredClient } from '../clients/client.ts'
import { viewClient, viewSecrets } from '../clients/client-view.ts'
import { findClient, type ListedClient, listClients } from '../clients/listed-clients.ts'
import {
  type ClientOwner,
  type ClientRow,
  changeStoredClient,
  getStoredClient,
} from '../clients/stored-clients.ts'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { noStore } from '../http/answer/no-store.ts'
import { followSettings } from '../http/follow-settings.ts'
import { createFreshClient, retireClient } from '../management/retire.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Storage } from '../storage/storage.ts'
import { answerForTenant, idOf, recordChange, type TenantCall } from './access.ts'
import { createDetail, deleteDetail, getDetail, listDetail, patchDetail } from './clients-detail.ts'
import type { ClientResponse } from './clients-messages.ts'
import { parseIfMatch, renderEtag, requireIfMatch } from './etag.ts'
import { parsePage, renderPage } from './list-page.ts'
import { parseMembers, parsePatch } from './patch-body.ts'

const base = '/api/v1/admin/tenants/:tenant/clients'

/** `/api/v1/admin/tenants/{tenant}/clients`. */
export const adminClients = (deps: Deps) =>
  new Elysia()
    .get(base, ({ request, params }) => answerForTenant(request, { tenantId: params.tenant, deps }, list), {
      detail: listDetail,
    })
    .post(
      base,
      ({ request, params }) => answerForTenant(request, { tenantId: params.tenant, deps }, create),
      { parse: 'none', detail: createDetail },
    )
    .get(
      `${base}/:client`,
      ({ request, params }) =>
        answerForTenant(request, { tenantId: params.tenant, deps }, (call) => get(idOf(params.client), call)),
      { detail: getDetail },
    )
    .patch(
      `${base}/:client`,
      ({ request, params }) =>
        answerForTenant(request, { tenantId: params.tenant, deps }, (call) =>
          change(idOf(params.client), call),
        ),
      { parse: 'none', detail: patchDetail },
    )
    .delete(
      `${base}/:client`,
      ({ request, params }) =>
        answerForTenant(request, { tenantId: params.tenant, deps }, (call) =>
          remove(idOf(params.client), call),
        ),
      { parse: 'none', detail: deleteDetail },
    )

function ownerOf({ tenant, deps }: TenantCall): ClientOwner {
  return { tenant, clients: deps.clients.of(tenant.id) }
}

async function list({ request, tenant, deps }: TenantCall): Promise<Response> {
  const listed = { tenant: tenant.id, name: 'clients' }
  const page = parsePage(request, listed)
  const owner = { tenant, clients: deps.clients.of(tenant.id) }
  const found = await listClients({ ...page, limit: page.limit + 1 }, owner, deps.storage)
  const body = renderPage(found, {
    page,
    list: listed,
    idOf: ({ client }) => client.id,
    render: viewClient,
  })
  return json(body, { headers: noStore })
}

async function create(call: TenantCall): Promise<Response> {
  const { request, tenant, deps } = call
  const { client_id: id, ...patch } = await parseMembers(request)
  if (typeof id !== 'string') throw new OAuthError('invalid_request', 'Missing required field: client_id')
  const { row, body } = await deps.storage.transaction(async (inside) => {
    const made = await createFreshClient({ id, patch }, ownerOf(call), { ...deps, storage: inside })
    const shown = await render(toListed(made.row), call, inside)
    return { row: made.row, body: { client_secret: made.secret, ...shown } }
  })
  recordChange(call, 'client.created', { tenantId: tenant.id, client: id })
  await keepKeysFor(row, call)
  return json(body, { status: 201, headers: { ...noStore, ETag: renderEtag(row) } })
}

async function get(id: string, call: TenantCall): Promise<Response> {
  const { tenant, deps } = call
  const found = await findClient(id, { tenant, clients: deps.clients.of(tenant.id) }, deps.storage)
  if (!found) throw new OAuthError('not_found', 'Client not found')
  const etag = found.row && { ETag: renderEtag(found.row) }
  return json(await render(found, call), { headers: { ...noStore, ...etag } })
}

async function change(id: string, call: TenantCall): Promise<Response> {
  const { request, tenant, deps } = call
  const owner = ownerOf(call)
  // First: no ETag would help with a client that is not there, or not ours to change.
  await getStoredClient(id, owner, deps.storage)
  const checkCurrent = requireIfMatch(request)
  const patch = await parsePatch(request)
  const { row, body } = await deps.storage.transaction(async (inside) => {
    const changed = await changeStoredClient({ id, patch, checkCurrent }, owner, inside)
    return { row: changed, body: await render(toListed(changed), call, inside) }
  })
  recordChange(call, 'client.changed', { tenantId: tenant.id, client: id })
  await keepKeysFor(row, call)
  return json(body, { headers: { ...noStore, ETag: renderEtag(row) } })
}

/** Keys that retire stay published for as long as a token of this client may live. */
async function keepKeysFor({ value }: ClientRow, call: TenantCall): Promise<void> {
  if (value.access_token_ttl !== null) await followSettings(call.request, call.tenant.id, call.deps)
}

async function remove(id: string, call: TenantCall): Promise<Response> {
  const { request, tenant, deps } = call
  await retireClient({ id, checkCurrent: parseIfMatch(request) }, ownerOf(call), deps)
  recordChange(call, 'client.deleted', { tenantId: tenant.id, client: id })
  return new Response(null, { status: 204, headers: noStore })
}

function toListed(row: ClientRow): ListedClient {
  return { client: buildStoredClient(row.id, row.value), row }
}

/** After a change, `storage` is that of its transaction: once it is made, nothing may fail that the answer needs. */
async function render(
  found: ListedClient,
  { tenant, deps }: TenantCall,
  storage: Storage = deps.storage,
): Promise<ClientResponse> {
  const secrets = await viewSecrets(found, { tenantId: tenant.id, storage, now: deps.now() })
  return { ...viewClient(found), secrets }
}
