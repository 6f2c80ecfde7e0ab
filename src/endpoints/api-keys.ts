import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { auditRefusal, recordAudit } from '../http/audit.ts'
import { getCaller } from '../http/caller.ts'
import { json } from '../http/json.ts'
import { hasBody, parseJsonBody, receiveJson } from '../http/json-body.ts'
import { noStore } from '../http/no-store.ts'
import { getOAuth2Tenant, tenantNotFound } from '../http/tenant.ts'
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
import {
  type ApiKey,
  type ApiKeyCreator,
  type ApiKeyTenant,
  createApiKey,
  type IssuedApiKey,
  type ListedApiKey,
  listApiKeys,
  revokeApiKey,
  rotateApiKey,
} from '../tokens/api-keys.ts'
import { isApiKey, type VerifiedToken } from '../tokens/verify.ts'
import { createDetail, listDetail, revokeDetail, rotateDetail } from './api-keys-detail.ts'

const base = '/api/v1/tenant/:tenant/api-keys'

/** `/api/v1/tenant/{tenant}/api-keys/...`: made, listed, rotated and revoked by callers with `api-keys:manage`. */
export const apiKeysEndpoint = (deps: Deps) =>
  new Elysia()
    .post(
      `${base}/create`,
      ({ request, params }) =>
        withCaller(request, params.tenant, { deps, type: 'api_key.created', work: create, takesBody: true }),
      { parse: 'none', detail: createDetail },
    )
    .get(
      `${base}/list`,
      ({ request, params }) =>
        withCaller(request, params.tenant, { deps, type: 'api_key.refused', work: list }),
      { detail: listDetail },
    )
    .post(
      `${base}/:id/revoke`,
      ({ request, params }) =>
        withCaller(request, params.tenant, {
          deps,
          type: 'api_key.revoked',
          work: (call) => revoke(params.id, call),
        }),
      { parse: 'none', detail: revokeDetail },
    )
    .post(
      `${base}/:id/rotate`,
      ({ request, params }) =>
        withCaller(request, params.tenant, {
          deps,
          type: 'api_key.rotated',
          work: (call) => rotate(params.id, call),
          takesBody: true,
        }),
      { parse: 'none', detail: rotateDetail },
    )

/** A request that was found to be allowed. */
interface Call {
  readonly request: Request
  readonly owner: ApiKeyTenant
  readonly caller: VerifiedToken
  readonly deps: Deps
}

interface CallOptions {
  readonly deps: Deps
  /** Of the event that a refusal is. */
  readonly type: AuditEventType
  readonly work: (call: Call) => Promise<Response>
  /** Default false. */
  readonly takesBody?: boolean
}

/** Answers by `work`, and keeps a refusal in the audit trail. */
async function withCaller(
  request: Request,
  tenantId: string,
  { deps, type, work, takesBody = false }: CallOptions,
): Promise<Response> {
  const owner = await getApiKeyTenant(request, tenantId, deps)
  return auditRefusal(
    request,
    { type, tenant: owner.tenant.id },
    {
      deps,
      work: async () => {
        if (takesBody) await receiveJson(request)
        return work(await authorizeFor(request, owner, deps))
      },
    },
  )
}

async function authorizeFor(request: Request, owner: ApiKeyTenant, deps: Deps): Promise<Call> {
  const wanted = { scope: reservedScopes.manageApiKeys, tenantId: owner.tenant.id }
  return { request, owner, caller: await getCaller(request, wanted, deps), deps }
}

/** A tenant without API keys is answered as unknown. */
async function getApiKeyTenant(request: Request, tenantId: string, deps: Deps): Promise<ApiKeyTenant> {
  const { tenant, oauth2 } = await getOAuth2Tenant(request, tenantId, deps)
  if (!tenant.apiKeys) throw tenantNotFound()
  return { tenant, oauth2, settings: tenant.apiKeys }
}

/** What the caller may pass on: what its client may ask for now, and of an API key no more than the key has. */
async function findCreator({ owner, caller, deps }: Call): Promise<ApiKeyCreator> {
  const { claims } = caller
  const client = await deps.clients.of(owner.tenant.id).find(claims.client_id)
  const scopes = client?.active ? client.scopes : []
  const ofKey = isApiKey(claims) ? (claims.scope?.split(' ') ?? []) : undefined
  return {
    clientId: claims.client_id,
    scopes: ofKey ? scopes.filter((scope) => ofKey.includes(scope)) : scopes,
  }
}

function record(call: Call, type: AuditEventType, detail: Readonly<Record<string, string>>): void {
  const { request, owner, caller, deps } = call
  const { claims } = caller
  const actor = isApiKey(claims) ? claims.sub : claims.client_id
  recordAudit(
    request,
    { type, tenant: owner.tenant.id, outcome: 'success', actor, client: claims.client_id, detail },
    deps,
  )
}

async function create(call: Call): Promise<Response> {
  const { request, owner, deps } = call
  const body = await parseJsonBody(request, { schema: CreateApiKeyRequest, describe: describeCreateFault })
  const creator = await findCreator(call)
  const { name, scopes = [], expires_in_days = 0 } = body
  const wanted = { name, scopes: [...new Set(scopes)], expiresInDays: expires_in_days, creator }
  const issued = await createApiKey(wanted, owner, deps)
  record(call, 'api_key.created', { api_key: issued.id, scope: issued.key.scopes.join(' ') })
  return json(renderIssued(issued), { status: 201, headers: noStore })
}

/** Keys of one answer; what is more is behind `Link: rel="next"`. */
const largestPage = 1000

async function list({ request, owner, deps }: Call): Promise<Response> {
  const url = new URL(request.url)
  const after = url.searchParams.get('after') ?? ''
  const limit = parseLimit(url.searchParams.get('limit'))
  const rows = await listApiKeys(deps.storage, owner.tenant.id, { after, limit: limit + 1 })
  const page = rows.slice(0, limit)
  const last = page.at(-1)?.id
  const next = `<${url.pathname}?after=${encodeURIComponent(last ?? '')}&limit=${limit}>; rel="next"`
  return json(page.map(renderListed), {
    headers: { ...noStore, ...(rows.length > limit && { Link: next }) },
  })
}

function parseLimit(text: string | null): number {
  if (text === null) return largestPage
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= largestPage) return limit
  throw new OAuthError('invalid_request', `limit must be a whole number from 1 to ${largestPage}`)
}

async function revoke(id: string, call: Call): Promise<Response> {
  const { owner, deps } = call
  await revokeApiKey(deps.storage, owner.tenant.id, { id, now: deps.now() })
  record(call, 'api_key.revoked', { api_key: id })
  return json({ success: true, message: 'API key revoked successfully' }, { headers: noStore })
}

async function rotate(id: string, call: Call): Promise<Response> {
  const { request, owner, deps } = call
  const body = hasBody(request) ? await parseJsonBody(request, { schema: RotateApiKeyRequest }) : {}
  const overlap = body.overlap_seconds ?? owner.settings.rotationOverlap
  const creator = await findCreator(call)
  const issued = await rotateApiKey({ id, overlap, creator }, owner, deps)
  record(call, 'api_key.rotated', { api_key: id, overlap_seconds: String(overlap) })
  return json(renderIssued(issued), { headers: noStore })
}

function renderIssued({ id, key, token }: IssuedApiKey): ApiKeyResponse {
  const { name, scopes } = key
  return { id, name, api_key: token, scopes, ...renderTimes(key) }
}

function renderListed({ id, key, lastUsed, revoked }: ListedApiKey): ListedApiKeyResponse {
  const { name, scopes } = key
  const last_used = lastUsed === null ? null : new Date(lastUsed).toISOString()
  return { id, name, scopes, ...renderTimes(key), last_used, revoked }
}

function renderTimes({ created_at, expires_at }: ApiKey) {
  return {
    created_at: new Date(created_at).toISOString(),
    expires_at: expires_at === null ? null : new Date(expires_at).toISOString(),
  }
}
