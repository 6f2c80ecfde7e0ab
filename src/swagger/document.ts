import { type AnyElysia, Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { security, tags } from '../http/openapi.ts'
import { reservedScopes } from '../protocol/reserved-scopes.ts'
import { basePathOf } from '../protocol/uri.ts'
import { type Tenant, tenantPath } from '../tenants/tenant.ts'

const documentPath = '/document'

type DocumentDeps = Pick<Deps, 'admin' | 'build' | 'publicUrl' | 'tenants'>

const description = [
  'One server that issues and checks OAuth 2.0 tokens for many tenants.',
  '',
  '**In a minute:** press *Authorize*, give the id and the secret of a client under *oauth2*, and the page gets a token for',
  'you. Then *Try it out* on *Call an API with a token*: it answers what the token says.',
  '',
  'Every error is `{"error", "error_description"}` with a code of the RFC that defines it. Every answer carries an',
  '`X-Request-Id`, which is in the log of the server too.',
].join('\n')

/** The OpenAPI 3 document of `routes` as JSON, made by the plugin from the routes themselves. */
export async function renderOpenApi(routes: AnyElysia, deps: DocumentDeps): Promise<string> {
  const { admin, build, publicUrl, tenants } = deps
  // Loaded when somebody looks at the page: it costs a part of the start.
  const { swagger } = await import('@elysiajs/swagger')
  // The page needs a tenant to begin with: the first that issues tokens.
  const tenant = tenants.configured.find(({ active, oauth2 }) => active && oauth2)
  const app = new Elysia().use(routes).use(
    swagger({
      path: '/page',
      specPath: documentPath,
      // Otherwise every path with a dot, jwks.json among them, is left out.
      excludeStaticFile: false,
      exclude: ['/page', documentPath],
      documentation: {
        info: {
          title: 'grantd',
          version: build.version,
          description,
          license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
        },
        // Without a host: the page works under whatever name it was opened.
        servers: [{ url: basePathOf(publicUrl) || '/', description: 'This server' }],
        tags: tags.filter(({ name }) => name !== 'Admin' || admin !== undefined),
        components: { securitySchemes: securitySchemes(tenant, deps) },
      },
    }),
  )
  const response = await app.handle(new Request(`http://localhost${documentPath}`))
  return JSON.stringify(withDefaultTenant(await response.json(), tenant))
}

function securitySchemes(tenant: Tenant | undefined, { admin, publicUrl }: DocumentDeps) {
  const tokenUrl = `${basePathOf(publicUrl)}${tenantPath(tenant?.id ?? 'test-tenant')}/oauth/token`
  const scopes = {
    ...tenant?.oauth2?.scopes,
    ...(tenant?.apiKeys && {
      [reservedScopes.manageApiKeys]: 'Manage the API keys of the client',
      [reservedScopes.manageAllApiKeys]: 'See and revoke those of every client',
    }),
    ...(admin && { [reservedScopes.admin]: 'Use the admin API' }),
  }
  return {
    [security.oauth2]: {
      type: 'oauth2' as const,
      description: `Gets a token of the tenant ${tenant?.id ?? ''} with the id and the secret of a client.`,
      flows: { clientCredentials: { tokenUrl, scopes } },
    },
    [security.bearer]: {
      type: 'http' as const,
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token that you have already.',
    },
    [security.basic]: {
      type: 'http' as const,
      scheme: 'basic',
      description: 'The id and the secret of a client, each form-encoded (RFC 6749 section 2.3.1).',
    },
  }
}

/** The document with the id of `tenant` as the default of every `tenant` parameter. */
function withDefaultTenant(document: unknown, tenant: Tenant | undefined): unknown {
  if (!tenant) return document
  return JSON.parse(JSON.stringify(document), (_, value: unknown) => {
    const isTenant =
      typeof value === 'object' &&
      value !== null &&
      'in' in value &&
      'name' in value &&
      value.name === 'tenant'
    return isTenant ? { ...value, example: tenant.id } : value
  })
}
