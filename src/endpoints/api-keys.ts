import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { getCaller, hasScope, type Wanted } from '../http/caller.ts'
import { auditRefusal, recordAudit } from '../http/record-event.ts'
import { withBearerToken } from '../http/request/bearer.ts'
import { hasBody, parseJsonBody, receiveJson } from '../http/request/json-body.ts'
import { getOAuth2Tenant, tenantNotFound } from '../http/tenant-of-path.ts'
import {
  type ApiKeyResponse,
  CreateApiKeyRequest,
  describeCreateFault,
  type ListedApiKeyResponse,
  RotateApiKeyRequest,
} from '../protocol/api-key-messages.ts'
import type { AuditEventType } from '../protocol/audit-events.ts'
import { OAuthError } from '../protocol/errors.ts'
import { reservedScopes } from '../protocol/reserved-scopes.ts'
import type { OAuth2Tenant } from '../tenants/tenant.ts'
import { type ListedApiKey, listApiKeys } from '../tokens/api-keys/api-key-list.ts'
import { createApiKey, type IssuedApiKey, revokeApiKey } from '../tokens/api-keys/api-key-records.ts'
import type { ApiKeyCreator, ApiKeyTenant } from '../tokens/api-keys/api-key-rights.ts'
import { rotateApiKey } from '../tokens/api-keys/api-key-rotation.ts'
import type { ApiKey } from '../tokens/api-keys/api-key-standing.ts'
import { type VerifiedToken, verifyToken } from '../tokens/verify.ts'
import { createDetail, listDetail, revokeDetail, rotateDetail } from './api-keys-detail.ts'

const base = '/api/v1/tenant/:tenant/api-keys'

/**
 * `/api/v1/tenant/{tenant}/api-keys/...`: callers with `api-keys:manage` make keys, and list, rotate and revoke the keys of their
 * client. Callers with `api-keys:manage:all` list and revoke the keys of every client.
 */
export const apiKeysEndpoint = (deps: Deps) =>
  new Elysia()
    .post(`${base}/create`, forCaller(deps, { route: routes.create, work: create }), {
      parse: 'none',
      detail: createDetail,
    })
    .get(`${base}/list`, forCaller(deps, { route: routes.list, work: list }), { detail: listDetail })
    .post(`${base}/:id/revoke`, forCaller(deps, { route: routes.revoke, work: revoke }), {
      parse: 'none',
      detail: revokeDetail,
    })
    .post(`${base}/:id/rotate`, forCaller(deps, { route: routes.rotate, work: rotate }), {
      parse: 'none',
      detail: rotateDetail,
    })

const { manageApiKeys, manageAllApiKeys } = reservedScopes

interface Route extends Pick<Wanted, 'scopes'> {
  /** The type of the audit event of an error. */
  readonly type: AuditEventType
  readonly takesBody: boolean
}

const routes = {
  create: { type: 'api_key.created', takesBody: true, scopes: [manageApiKeys] },
  list: { type: 'api_key.refused', takesBody: false, scopes: [manageApiKeys, manageAllApiKeys] },
  revoke: { type: 'api_key.revoked', takesBody: false, scopes: [manageApiKeys, manageAllApiKeys] },
  // The caller gets a token of the rotated key, so rotation needs the scope that makes keys.
  rotate: { type: 'api_key.rotated', takesBody: true, scopes: [manageApiKeys] },
} as const satisfies Record<string, Route>

/** A request of an authorized caller. */
interface Call {
  readonly request: Request
  readonly owner: ApiKeyTenant
  readonly caller: VerifiedToken
  readonly deps: Deps
}

/** The id of a key, from the path. */
interface KeyPath {
  readonly id: string
}

interface Handling<Ids> {
  readonly route: Route
  readonly work: (call: Call, ids: Ids) => Promise<Response>
}

/** The handler of a route: runs `work` for an authorized caller, and records an error of it in the audit trail. */
function forCaller<Ids extends object>(deps: Deps, { route, work }: Handling<Ids>) {
  const { type, takesBody, scopes } = route
  return async ({ request, params }: { request: Request; params: Ids & { readonly tenant: string } }) => {
    const found = await getOAuth2Tenant(request, params.tenant, deps)
    const owner = withApiKeys(found) ?? (await refuseWithoutApiKeys(request, found.tenant.id, deps))
    return auditRefusal(
      request,
      { type, tenant: owner.tenant.id },
      {
        deps,
        work: async () => {
          if (takesBody) await receiveJson(request)
          const caller = await getCaller(request, { scopes, tenantId: owner.tenant.id }, deps)
          return work({ request, owner, caller, deps }, params)
        },
      },
    )
  }
}

function withApiKeys({ tenant, oauth2 }: OAuth2Tenant): ApiKeyTenant | undefined {
  return tenant.api_keys ? { tenant, oauth2, settings: tenant.api_keys } : undefined
}

/** Throws `tenant_not_found` for a tenant without API keys. Its own clients know that it exists, so they get another error. */
async function refuseWithoutApiKeys(request: Request, tenantId: string, deps: Deps): Promise<never> {
  const isOwn = await withBearerToken(request, (token) => verifyToken(token, { tenantId }, deps)).catch(
    (error: unknown) => {
      if (!(error instanceof OAuthError)) throw error
    },
  )
  throw isOwn ? new OAuthError('not_found', 'The tenant has no API keys') : tenantNotFound()
}

function creatorOf({ caller: { client, scopes, apiKey } }: Call): ApiKeyCreator {
  return { client, tokenScopes: scopes, parent: apiKey }
}

/** Whether the caller may see the keys of other clients. */
function seesAll({ caller }: Call): boolean {
  return hasScope(caller, manageAllApiKeys)
}

/** The client whose keys the caller may see; undefined: all clients. */
function ownerSeen(call: Call): string | undefined {
  return seesAll(call) ? undefined : call.caller.client.id
}

/** Records a change of a key, with who made it (`actor`) and the client of the key (`client`). */
function record(call: Call, type: AuditEventType, { key, detail }: ChangedKey): void {
  const { request, owner, caller, deps } = call
  const actor = caller.apiKey?.id ?? caller.client.id
  recordAudit(
    request,
    { type, tenant: owner.tenant.id, outcome: 'success', actor, client: key.client_id, detail },
    deps,
  )
}

interface ChangedKey {
  readonly key: ApiKey
  readonly detail: Readonly<Record<string, string>>
}

async function create(call: Call): Promise<Response> {
  const { request, owner, deps } = call
  const body = await parseJsonBody(request, { schema: CreateApiKeyRequest, describe: describeCreateFault })
  const { name, scopes = [], expires_in_days } = body
  const wanted = {
    name,
    scopes: [...new Set(scopes)],
    expiresInDays: expires_in_days,
    creator: creatorOf(call),
  }
  const issued = await createApiKey(wanted, owner, deps)
  const detail = { api_key: issued.id, scope: issued.key.scopes.join(' ') }
  record(call, 'api_key.created', { key: issued.key, detail })
  return json(renderIssued(issued), { status: 201 })
}

/** Keys per answer. The header `Link: rel="next"` leads to more. */
const largestPage = 1000

async function list(call: Call): Promise<Response> {
  const { request, owner, deps } = call
  const clientId = ownerSeen(call)
  const url = new URL(request.url)
  const after = url.searchParams.get('after') ?? ''
  const limit = parseLimit(url.searchParams.get('limit'))
  const asked = { after, limit: limit + 1, ...(clientId !== undefined && { clientId }) }
  const rows = await listApiKeys(deps.storage, owner.tenant.id, asked)
  const page = rows.slice(0, limit)
  const last = page.at(-1)?.id
  // Relative to the URL of the request, because a proxy may have cut a part of it off.
  const next = `<?after=${encodeURIComponent(last ?? '')}&limit=${limit}>; rel="next"`
  const readable = page.flatMap((row) => ('damage' in row ? [] : [row]))
  const damaged = page.length - readable.length
  return json(readable.map(clientId === undefined ? renderOfAll : renderListed), {
    headers: {
      ...(rows.length > limit && { Link: next }),
      ...(damaged > 0 && { 'Grantd-Damaged-Rows': String(damaged) }),
    },
  })
}

function parseLimit(text: string | null): number {
  if (text === null) return largestPage
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= largestPage) return limit
  throw new OAuthError('invalid_request', `limit must be a whole number from 1 to ${largestPage}`)
}

async function revoke(call: Call, { id }: KeyPath): Promise<Response> {
  const { owner, deps } = call
  const wanted = { id, now: deps.now(), clientId: ownerSeen(call) }
  const key = await revokeApiKey(deps.storage, owner.tenant.id, wanted)
  record(call, 'api_key.revoked', { key, detail: { api_key: id } })
  return json({ success: true, message: 'API key revoked successfully' })
}

async function rotate(call: Call, { id }: KeyPath): Promise<Response> {
  const { request, owner, deps } = call
  const body = hasBody(request) ? await parseJsonBody(request, { schema: RotateApiKeyRequest }) : {}
  const overlap = body.overlap_seconds ?? owner.settings.rotation_overlap
  const wanted = { id, overlap, creator: creatorOf(call), seesAll: seesAll(call) }
  const issued = await rotateApiKey(wanted, owner, deps)
  const { key, wasNarrowed } = issued
  const detail = {
    api_key: id,
    overlap_seconds: String(overlap),
    ...(wasNarrowed && { scope: key.scopes.join(' ') }),
  }
  record(call, 'api_key.rotated', { key, detail })
  return json(renderIssued(issued))
}

function renderIssued({ id, key, token }: IssuedApiKey): ApiKeyResponse {
  const { name, scopes } = key
  return { id, name, api_key: token, scopes, ...renderTimes(key) }
}

function renderListed({ id, key, lastUsed, revoked }: ListedApiKey): ListedApiKeyResponse {
  const { name, scopes } = key
  const last_used = lastUsed === null ? null : new Date(lastUsed).toISOString()
  const [parent] = key.ancestors ?? []
  return {
    id,
    name,
    scopes,
    ...renderTimes(key),
    last_used,
    revoked,
    ...(parent !== undefined && { parent }),
  }
}

function renderOfAll(listed: ListedApiKey): ListedApiKeyResponse {
  return { ...renderListed(listed), client_id: listed.key.client_id }
}

function renderTimes({ created_at, expires_at }: ApiKey) {
  return {
    created_at: new Date(created_at).toISOString(),
    expires_at: expires_at === null ? null : new Date(expires_at).toISOString(),
  }
}
