import type { Deps } from '../deps.ts'
import { getCaller } from '../http/caller.ts'
import { recordAudit } from '../http/record-event.ts'
import { bearerChallenge } from '../http/request/bearer.ts'
import { receiveJson } from '../http/request/json-body.ts'
import { notesOf } from '../http/request/request-notes.ts'
import { tenantNotFound } from '../http/tenant-of-path.ts'
import type { Actor } from '../management/actor.ts'
import { OAuthError } from '../protocol/errors.ts'
import { reservedScopes } from '../protocol/reserved-scopes.ts'
import { systemTenant } from '../storage/storage.ts'
import { findTenant, type ListedTenant } from '../tenants/stored-tenants.ts'
import { isApiKey } from '../tokens/token-claims.ts'

/** A call of an admin, who manages one tenant or all of them. */
export interface AdminCall {
  readonly request: Request
  readonly deps: Deps
  /** The client whose token it is. */
  readonly actor: string
  /** The tenant whose token it is. */
  readonly ownTenant: string
  /** Whether that tenant is `admin.tenant`. */
  readonly isSuper: boolean
}

/** A call about the tenant in the path. The admin may manage this tenant, which may be inactive. */
export interface TenantCall extends AdminCall, ListedTenant {}

/**
 * Runs `work` for a caller whose access token has `grantd:admin`; an API key never has it. Records every refusal in the audit
 * trail. Throws `invalid_token` and `insufficient_scope`.
 */
export async function answerAdmin(
  request: Request,
  deps: Deps,
  work: (call: AdminCall) => Promise<Response>,
): Promise<Response> {
  try {
    await receiveJson(request)
    return await work(await getAdmin(request, deps))
  } catch (error) {
    recordRefusal(request, error, deps)
    throw error
  }
}

/**
 * The handler of a route below a tenant, for a caller as of {@link answerAdmin}. A tenant that the caller does not manage looks like an
 * unknown one. Also throws `tenant_not_found`.
 */
export function forTenant<Ids extends object>(
  deps: Deps,
  work: (call: TenantCall, ids: Ids) => Promise<Response>,
) {
  return ({ request, params }: { request: Request; params: Ids & { readonly tenant: string } }) =>
    answerAdmin(request, deps, async (call) => work(await findManaged(call, params.tenant), idsOf(params)))
}

async function getAdmin(request: Request, deps: Deps): Promise<AdminCall> {
  const { tenant, claims } = await getCaller(request, { scopes: [reservedScopes.admin] }, deps)
  notesOf(request).tenant = tenant.id
  if (isApiKey(claims)) throw insufficient('An API key cannot manage this server')
  const isSuper = tenant.id === deps.settings.admin?.tenant
  return { request, deps, actor: claims.client_id, ownTenant: tenant.id, isSuper }
}

async function findManaged(call: AdminCall, tenantId: string): Promise<TenantCall> {
  const { request, deps, isSuper, ownTenant } = call
  const isManaged = isSuper || tenantId === ownTenant
  const found = isManaged && isOneSpelling(request, tenantId) ? await findTenant(tenantId, deps) : undefined
  if (!found) throw tenantNotFound()
  notesOf(request).tenant = found.tenant.id
  return { ...call, ...found }
}

const tenants = '/api/v1/admin/tenants/'

/** The router decodes the path, but a tenant has exactly one spelling. The path of `public_url` may stand in front. */
function isOneSpelling({ url }: Request, tenantId: string): boolean {
  const { pathname } = new URL(url)
  const [raw] = pathname.slice(pathname.lastIndexOf(tenants) + tenants.length).split('/')
  return raw === tenantId
}

/** An id from a path. The router passes null for a segment that it cannot decode; that becomes the empty id, which nothing has. */
export function idOf(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : ''
}

function idsOf<Ids extends object>(params: Ids): Ids {
  return Object.assign(
    {},
    params,
    Object.fromEntries(Object.entries(params).map(([name, id]) => [name, idOf(id)])),
  )
}

/** Throws `insufficient_scope` unless the caller manages every tenant. */
export function checkSuper({ isSuper }: AdminCall): void {
  if (!isSuper) throw insufficient('Only the admin tenant makes, changes and deletes tenants')
}

/** The error for an admin of a tenant who asks for what only those of the admin tenant may. */
export function insufficient(sentence: string): OAuthError {
  return new OAuthError('insufficient_scope', sentence, { challenge: bearerChallenge(reservedScopes.admin) })
}

function recordRefusal(request: Request, error: unknown, deps: Deps): void {
  if (!(error instanceof OAuthError) || error.status >= 500) return
  const { tenant, callerTenant, actor, route = '' } = notesOf(request)
  const isForeign = tenant !== undefined && tenant !== callerTenant
  const detail = { method: request.method, route, ...(isForeign && { tenant }) }
  recordAudit(
    request,
    {
      type: 'admin.refused',
      // The event belongs to the trail of the caller's tenant, because the actor is a client of that tenant.
      tenant: callerTenant ?? systemTenant,
      outcome: 'refused',
      reason: error.code,
      actor,
      detail,
    },
    deps,
  )
}

/** Who made the call, for a use case of management/. */
export function actorOf({ request, actor, ownTenant }: AdminCall): Actor {
  const { id, address } = notesOf(request)
  return { name: actor, tenant: ownTenant, requestId: id, address: address() }
}
