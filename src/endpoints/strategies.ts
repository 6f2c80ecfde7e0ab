import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { publicJson } from '../http/answer/json.ts'
import { answer, tenantNotFound, tenantParameter } from '../http/openapi-parts.ts'
import { getTenantOfDocument } from '../http/tenant-of-path.ts'
import { StrategiesResponse } from '../protocol/messages.ts'
import type { Tenant } from '../tenants/tenant.ts'
import { strategies } from '../tenants/tenant-strategies.ts'

/** `GET /api/v1/tenant/{tenant}/strategies`: the protocols that the tenant enables. */
export const strategiesEndpoint = (deps: Deps) =>
  new Elysia().get(
    '/api/v1/tenant/:tenant/strategies',
    async ({ request, params }) =>
      publicJson(renderStrategies(await getTenantOfDocument(request, params.tenant, deps))),
    {
      detail: {
        tags: ['Discovery'],
        operationId: 'listStrategies',
        summary: 'What a tenant offers',
        description:
          'The protocols that this tenant has enabled. Ask here first when a token request is answered 404.',
        security: [],
        parameters: [tenantParameter],
        responses: {
          200: answer('The enabled strategies', StrategiesResponse, {
            tenant_id: 'test-tenant',
            tenant_name: 'Test Tenant',
            strategies: strategies.map(({ name, type }) => ({ name, type })),
          }),
          404: tenantNotFound,
        },
      },
    },
  )

function renderStrategies(tenant: Tenant): StrategiesResponse {
  const enabled = strategies.filter(({ isEnabled }) => isEnabled(tenant))
  return {
    tenant_id: tenant.id,
    tenant_name: tenant.name,
    strategies: enabled.map(({ name, type }) => ({ name, type })),
  }
}
