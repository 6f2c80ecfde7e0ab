import { Elysia, NotFoundError } from 'elysia'
import type { Deps } from '../deps.ts'
import { answerPreflight, markOpen, openToAnyOrigin } from '../http/answer/cors.ts'
import { tenantDocument } from '../http/answer/tenant-document.ts'
import { answer, serverError, tenantNotFound, tenantParameter, unavailable } from '../http/openapi-parts.ts'
import { notesOf } from '../http/request/request-notes.ts'
import { getTenantOfDocument, withOAuth2 } from '../http/tenant-of-path.ts'
import { ServerMetadata } from '../protocol/messages.ts'
import { candidateIssuers, type MetadataPath, parseMetadataPath } from '../protocol/url/well-known.ts'
import type { OAuth2Tenant } from '../tenants/tenant.ts'
import { algorithmNames, buildMetadata, proofNames } from './metadata-document.ts'

/** Clients look for the document of a tenant under two names, before the path of the tenant or after it. */
const places = [
  ['/.well-known/oauth-authorization-server/api/v1/tenant/:tenant', 'getMetadata'],
  ['/api/v1/tenant/:tenant/.well-known/oauth-authorization-server', 'getTenantMetadata'],
  ['/.well-known/openid-configuration/api/v1/tenant/:tenant', 'getOpenidConfiguration'],
  ['/api/v1/tenant/:tenant/.well-known/openid-configuration', 'getTenantOpenidConfiguration'],
] as const

/**
 * Authorization server metadata (RFC 8414). The same document is at all of its {@link places}. If the issuer of a tenant is at the host
 * of `public_url`, the document is also at the well-known URL of the issuer.
 */
export function metadataEndpoint(deps: Deps) {
  const app = new Elysia()
  for (const [path, operationId] of places) {
    const route = new Elysia()
      .use(openToAnyOrigin(path))
      .get(path, ({ request, params }) => answerTenant(request, params.tenant, deps), {
        detail: { ...detail, operationId },
      })
    app.use(route)
  }
  // An issuer can have any path, and a route pattern cannot begin with an arbitrary path.
  return app
    .get('/*', ({ request }) => answerIssuer(request, deps), { detail: { hide: true } })
    .options('/*', ({ request }) => answerIssuerPreflight(request), { detail: { hide: true } })
}

async function answerTenant(request: Request, tenantId: string, deps: Deps): Promise<Response> {
  return answerMetadata(request, withOAuth2(await getTenantOfDocument(request, tenantId, deps)), deps)
}

async function answerIssuer(request: Request, deps: Deps): Promise<Response> {
  const path = getMetadataPath(request)
  markOpen(request)
  const issuers = candidateIssuers(path.issuerPath, deps.publicUrl)
  const tenant = await deps.tenants.findForDocumentsByIssuer(issuers)
  if (!tenant?.oauth2) throw new NotFoundError()
  const notes = notesOf(request)
  notes.route = `/*/.well-known/${path.name}`
  notes.tenant = tenant.id
  return answerMetadata(request, withOAuth2(tenant), deps)
}

function answerIssuerPreflight(request: Request): Response {
  getMetadataPath(request)
  return answerPreflight(request)
}

/** The parsed path. For any other path, throws what a missing route throws. */
function getMetadataPath(request: Request): MetadataPath {
  notesOf(request).route = undefined
  const path = parseMetadataPath(new URL(request.url).pathname)
  if (!path) throw new NotFoundError()
  return path
}

function answerMetadata(request: Request, found: OAuth2Tenant, deps: Deps): Promise<Response> {
  return tenantDocument(request, found.tenant, {
    deps,
    render: ({ jwks }) => ({ body: buildMetadata(found, jwks, deps.publicUrl) }),
  })
}

const detail = {
  tags: ['Discovery'],
  summary: 'Authorization server metadata',
  description:
    'Where the endpoints of a tenant are and what they can do (RFC 8414), with the members that OpenID Connect Discovery requires. Give a client library the issuer and it finds the rest here.',
  security: [],
  parameters: [tenantParameter],
  responses: {
    200: answer('The metadata', ServerMetadata, {
      issuer: 'https://auth.example.com',
      authorization_endpoint: 'http://localhost:3000/api/v1/tenant/test-tenant/oauth/authorize',
      token_endpoint: 'http://localhost:3000/api/v1/tenant/test-tenant/oauth/token',
      jwks_uri: 'http://localhost:3000/api/v1/tenant/test-tenant/.well-known/jwks.json',
      scopes_supported: ['api:read', 'api:write'],
      response_types_supported: [],
      grant_types_supported: ['client_credentials'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: proofNames,
      token_endpoint_auth_signing_alg_values_supported: algorithmNames,
      introspection_endpoint: 'http://localhost:3000/api/v1/tenant/test-tenant/oauth/introspect',
      introspection_endpoint_auth_methods_supported: proofNames,
      introspection_endpoint_auth_signing_alg_values_supported: algorithmNames,
      revocation_endpoint: 'http://localhost:3000/api/v1/tenant/test-tenant/oauth/revoke',
      revocation_endpoint_auth_methods_supported: proofNames,
      revocation_endpoint_auth_signing_alg_values_supported: algorithmNames,
    }),
    304: { description: 'Unchanged since the ETag in If-None-Match' },
    404: tenantNotFound,
    500: serverError,
    503: unavailable,
  },
}
