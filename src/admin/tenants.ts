import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { noStore } from '../http/answer/no-store.ts'
import { changeTenant } from '../management/change-tenant.ts'
import { createTenant } from '../management/create-tenant.ts'
import { deleteTenant } from '../management/delete-tenant.ts'
import { OAuthError } from '../protocol/errors.ts'
import { findTenant, type ListedTenant, listTenants, type TenantRow } from '../tenants/stored-tenants.ts'
import { buildStoredTenant } from '../tenants/tenant.ts'
import { viewTenant } from '../tenants/tenant-view.ts'
import { type AdminCall, actorOf, answerAdmin, checkSuper, forTenant, type TenantCall } from './access.ts'
import { parseIfMatch, renderEtag, requireIfMatch } from './etag.ts'
import { parsePage, renderPage } from './list-page.ts'
import { parseMembers, parsePatch } from './patch-body.ts'
import { createDetail, deleteDetail, getDetail, listDetail, patchDetail } from './tenants-detail.ts'

const base = '/api/v1/admin/tenants'

/** `/api/v1/admin/tenants`: every admin reads, admins of `admin.tenant` change. */
export const adminTenants = (deps: Deps) =>
  new Elysia()
    .get(base, ({ request }) => answerAdmin(request, deps, list), { detail: listDetail })
    .post(base, ({ request }) => answerAdmin(request, deps, create), { parse: 'none', detail: createDetail })
    .get(`${base}/:tenant`, forTenant(deps, get), { detail: getDetail })
    .patch(`${base}/:tenant`, forTenant(deps, change), { parse: 'none', detail: patchDetail })
    .delete(`${base}/:tenant`, forTenant(deps, remove), { parse: 'none', detail: deleteDetail })

async function list({ request, deps, isSuper, ownTenant }: AdminCall): Promise<Response> {
  const listed = { tenant: '', name: 'tenants' }
  const page = parsePage(request, listed)
  const found = isSuper
    ? await listTenants({ ...page, limit: page.limit + 1 }, deps)
    : await findOwn(ownTenant, page.after, deps)
  const idOf = ({ tenant }: ListedTenant) => tenant.id
  return json(renderPage(found, { page, list: listed, idOf, render: viewTenant }))
}

async function findOwn(id: string, after: string, deps: Deps): Promise<ListedTenant[]> {
  const own = await findTenant(id, deps)
  return own && id > after ? [own] : []
}

async function create(call: AdminCall): Promise<Response> {
  checkSuper(call)
  const { request, deps } = call
  const { id, ...patch } = await parseMembers(request)
  if (typeof id !== 'string') throw new OAuthError('invalid_request', 'Missing required field: id')
  const row = await createTenant({ id, patch, actor: actorOf(call) }, deps)
  return answerRow(row, deps, 201)
}

async function get({ tenant, row }: TenantCall): Promise<Response> {
  return json(viewTenant({ tenant, row }), { headers: row ? { ETag: renderEtag(row) } : {} })
}

async function change(call: TenantCall): Promise<Response> {
  checkSuper(call)
  const { request, deps, tenant } = call
  checkStored(call)
  const checkCurrent = requireIfMatch(request)
  const patch = await parsePatch(request)
  const row = await changeTenant({ id: tenant.id, patch, checkCurrent, actor: actorOf(call) }, deps)
  return answerRow(row, deps, 200)
}

/** Comes before If-Match, because no ETag helps with a tenant of config.yaml. */
function checkStored({ row }: TenantCall): void {
  if (!row) throw new OAuthError('conflict', 'The tenant is defined in config.yaml and read-only here')
}

async function remove(call: TenantCall): Promise<Response> {
  checkSuper(call)
  const { request, deps, tenant } = call
  await deleteTenant({ id: tenant.id, checkCurrent: parseIfMatch(request), actor: actorOf(call) }, deps)
  return new Response(null, { status: 204, headers: noStore })
}

function answerRow(row: TenantRow, { publicUrl }: Deps, status: number): Response {
  const tenant = buildStoredTenant(row.id, row.value, publicUrl)
  return json(viewTenant({ tenant, row }), { status, headers: { ETag: renderEtag(row) } })
}
