import { Elysia } from 'elysia'
import { authenticationMethods } from '../clients/authenticate.ts'
import type { Deps } from '../deps.ts'
import { grants } from '../grants/registry.ts'
import { cacheableJson } from '../http/cacheable.ts'
import { answer, tenantNotFound, tenantParameter } from '../http/openapi.ts'
import { notesOf } from '../http/request-notes.ts'
import { getTenantOfDocument, withOAuth2 } from '../http/tenant.ts'
import { ServerMetadata } from '../protocol/messages.ts'
import { reservedScopes } from '../protocol/reserved-scopes.ts'
import { type OAuth2Settings, type Tenant, tenantPath } from '../tenants/tenant.ts'

const wellKnown = '.well-known/oauth-authorization-server'

/**
 * Authorization server metadata at both of its places: where RFC 8414 section 3.1 looks for it, and below the
 * tenant, where people and older clients look.
 */
export const metadataEndpoint = (deps: Deps) =>
  new Elysia()
    .get(
      `/${wellKnown}/api/v1/tenant/:tenant`,
      ({ request, params }) => answerMetadata(request, params.tenant, deps),
      { detail: { ...detail, operationId: 'getMetadata' } },
    )
    .get(
      `/api/v1/tenant/:tenant/${wellKnown}`,
      ({ request, params }) => answerMetadata(request, params.tenant, deps),
      { detail: { ...detail, operationId: 'getTenantMetadata' } },
    )

async function answerMetadata(request: Request, tenantId: string, deps: Deps): Promise<Response> {
  const { tenant, oauth2 } = withOAuth2(await getTenantOfDocument(request, tenantId, deps))
  // One of the storage may be gone at the next request.
  if (deps.tenants.findConfigured(tenant.id)) notesOf(request).isCurrent = () => true
  return cacheableJson(request, buildMetadata(tenant, oauth2, deps.publicUrl), deps)
}

function buildMetadata(tenant: Tenant, oauth2: OAuth2Settings, publicUrl: string): ServerMetadata {
  const base = `${publicUrl}${tenantPath(tenant.id)}`
  const scopes = [...Object.keys(oauth2.scopes), ...(tenant.apiKeys ? [reservedScopes.manageApiKeys] : [])]
  const methods = authenticationMethods.map(({ name }) => name)
  return {
    issuer: tenant.issuer,
    token_endpoint: `${base}/oauth/token`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    // RFC 8414 section 2 requires this member; without an authorization endpoint there is nothing to list.
    response_types_supported: [],
    grant_types_supported: Object.keys(grants),
    token_endpoint_auth_methods_supported: methods,
    introspection_endpoint: `${base}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: methods,
    revocation_endpoint: `${base}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: methods,
  }
}

const detail = {
  tags: ['Discovery'],
  summary: 'Authorization server metadata',
  description:
    'Where the endpoints of a tenant are and what they can do (RFC 8414). Give a client library the issuer and it finds the rest here.',
  security: [],
  parameters: [tenantParameter],
  responses: {
    200: answer('The metadata', ServerMetadata, {
      issuer: 'https://auth.example.com',
      token_endpoint: 'http://localhost:3000/api/v1/tenant/test-tenant/oauth/token',
      jwks_uri: 'http://localhost:3000/api/v1/tenant/test-tenant/.well-known/jwks.json',
      scopes_supported: ['api:read', 'api:write'],
      response_types_supported: [],
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      introspection_endpoint: 'http://localhost:3000/api/v1/tenant/test-tenant/oauth/introspect',
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      revocation_endpoint: 'http://localhost:3000/api/v1/tenant/test-tenant/oauth/revoke',
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    }),
    304: { description: 'Unchanged since the ETag in If-None-Match' },
    404: tenantNotFound,
  },
}
