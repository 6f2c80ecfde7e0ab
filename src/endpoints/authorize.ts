import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { getOAuth2Tenant } from '../http/tenant-of-path.ts'
import { OAuthError } from '../protocol/errors.ts'

const path = '/api/v1/tenant/:tenant/oauth/authorize'

/**
 * The authorization endpoint, which the metadata must name. It supports no response type yet, and no client has a redirect URI, so it
 * answers every request with an error and redirects none (RFC 6749 section 4.1.2.1).
 */
export const authorizeEndpoint = (deps: Deps) =>
  new Elysia()
    .get(path, ({ request, params }) => refuse(request, params.tenant, deps), { detail: { hide: true } })
    .post(path, ({ request, params }) => refuse(request, params.tenant, deps), {
      parse: 'none',
      detail: { hide: true },
    })

async function refuse(request: Request, tenantId: string, deps: Deps): Promise<never> {
  await getOAuth2Tenant(request, tenantId, deps)
  throw new OAuthError('unsupported_response_type', 'This server does not sign people in')
}
