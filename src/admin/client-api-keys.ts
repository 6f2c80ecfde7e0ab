import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { noStore } from '../http/answer/no-store.ts'
import { answer, pathParameter, tenantParameter } from '../http/openapi-parts.ts'
import { revokeOneApiKey } from '../management/revoke/revoke-one-api-key.ts'
import { type ListedApiKey, listApiKeys } from '../tokens/api-keys/api-key-list.ts'
import { actorOf, forTenant, type TenantCall } from './access.ts'
import { type AdminApiKey, AdminApiKeyList } from './client-api-keys-messages.ts'
import { parsePage, renderPage } from './list-page.ts'
import {
  adminShared,
  listErrors,
  pageParameters,
  readErrors,
  refuseUnknown,
  renderMoment,
  renderMomentOrNull,
} from './openapi-details.ts'

const base = '/api/v1/admin/tenants/:tenant/api-keys'

/** `/api/v1/admin/tenants/{tenant}/api-keys`: lists and revokes. Only clients with `api-keys:manage` create keys. */
export const adminApiKeys = (deps: Deps) =>
  new Elysia()
    .get(base, forTenant(deps, list), { detail: listDetail })
    .post(`${base}/:id/revoke`, forTenant(deps, revoke), { parse: 'none', detail: revokeDetail })

async function list({ request, tenant, deps }: TenantCall): Promise<Response> {
  const listed = { tenant: tenant.id, name: 'api-keys' }
  const page = parsePage(request, listed)
  const found = await listApiKeys(deps.storage, tenant.id, { ...page, limit: page.limit + 1 })
  return json(renderPage(found, { page, list: listed, idOf: ({ id }) => id, render }))
}

async function revoke(call: TenantCall, { id }: { readonly id: string }): Promise<Response> {
  await revokeOneApiKey({ id, actor: actorOf(call) }, call.tenant.id, call.deps)
  return new Response(null, { status: 204, headers: noStore })
}

function render({ id, key, lastUsed, revoked }: ListedApiKey): AdminApiKey {
  return {
    id,
    name: key.name,
    client_id: key.client_id,
    parent: key.ancestors?.[0] ?? null,
    scopes: key.scopes,
    created_at: renderMoment(key.created_at),
    expires_at: renderMomentOrNull(key.expires_at),
    revoked,
    revoked_at: renderMomentOrNull(key.revoked_at),
    last_used: renderMomentOrNull(lastUsed),
  }
}

const listDetail = {
  ...adminShared,
  operationId: 'adminListApiKeys',
  summary: 'List the API keys of a tenant',
  description: 'By id, revoked ones too. Never a key itself.',
  parameters: [tenantParameter, ...pageParameters],
  responses: {
    200: answer('The keys', AdminApiKeyList, {
      items: [
        {
          id: 'ak_AAAAAAAAAAAAAAAAAAAAAA',
          name: 'nightly report',
          client_id: 'billing',
          parent: null,
          scopes: ['api:read'],
          created_at: '2030-01-01T00:00:00.000Z',
          expires_at: '2030-04-01T00:00:00.000Z',
          revoked: false,
          revoked_at: null,
          last_used: '2030-01-02T03:04:05.000Z',
        },
      ],
      next_cursor: null,
    }),
    ...listErrors,
  },
}

const revokeDetail = {
  ...adminShared,
  operationId: 'adminRevokeApiKey',
  summary: 'Revoke an API key',
  description: 'At once, for ever, and as often as you like; the keys that were made with it end too.',
  parameters: [
    tenantParameter,
    pathParameter('id', { description: 'The id of the key', example: 'ak_AAAAAAAAAAAAAAAAAAAAAA' }),
  ],
  responses: {
    204: { description: 'The key is no good now' },
    ...readErrors,
    404: refuseUnknown('key', 'API key not found'),
  },
}
