import { type AnyElysia, Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { findPublicClient } from '../http/browser/try-client.ts'
import { security, tags } from '../http/openapi-parts.ts'
import { peopleScopes } from '../protocol/people/people-scopes.ts'
import { reservedScopes } from '../protocol/reserved-scopes.ts'
import { basePathOf } from '../protocol/url/uri.ts'
import { type Tenant, tenantPath } from '../tenants/tenant.ts'
import { withComponents } from './components.ts'

const documentPath = '/document'

type DocumentDeps = Pick<Deps, 'settings' | 'build' | 'publicUrl'>

const description = [
  'One server that issues and checks OAuth 2.0 tokens for many tenants.',
  '',
  '**In a minute:** press *Authorize*, give the id and the secret of a client under *oauth2*, and the page gets a token for',
  'you. Then open *Call an API with a token* and press *Execute*: it answers what the token says.',
  '',
  'Every error is `{"error", "error_description"}` with a code of the RFC that defines it. Every answer carries an',
  '`X-Request-Id`, which is in the log of the server too.',
  '',
  'This page begins with one tenant; `?tenant=ID` in its address chooses another one. Where a client of the tenant may come back to',
  'this page, *Authorize* also signs you in, and `userinfo` then answers who you are.',
].join('\n')

/** An OpenAPI 3 document without the values of a tenant. */
export type OpenApiDocument = ReturnType<typeof withComponents>

/** The plugin makes the document from the routes. */
export async function makeDocument(
  routes: AnyElysia,
  { settings: { admin }, build, publicUrl }: DocumentDeps,
): Promise<OpenApiDocument> {
  // Imported at the first use, because it would make each start longer.
  const { swagger } = await import('@elysiajs/swagger')
  const app = new Elysia().use(routes).use(
    swagger({
      path: '/page',
      specPath: documentPath,
      // Otherwise the plugin leaves out every path with a dot, such as jwks.json.
      excludeStaticFile: false,
      exclude: ['/page', documentPath],
      documentation: {
        info: {
          title: 'grantd',
          version: build.version,
          description,
          license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
        },
        // Has no host, so the page works under every name of the server.
        servers: [{ url: basePathOf(publicUrl) || '/', description: 'This server' }],
        tags: tags.filter(({ name }) => name !== 'Admin' || admin !== undefined),
      },
    }),
  )
  const response = await app.handle(new Request(`http://localhost${documentPath}`))
  return withComponents(await response.json())
}

/** The default tenant of the document: the first one that issues tokens. It is the admin tenant only if there is no other. */
export function findFirstTenant({
  settings: { admin },
  tenants,
}: Pick<Deps, 'settings' | 'tenants'>): Tenant | undefined {
  const able = tenants.configured.filter(({ active, oauth2 }) => active && oauth2)
  return able.find(({ id }) => id !== admin?.tenant) ?? able[0]
}

/** The document as JSON, with the scopes and the token endpoint of a tenant. Its id is the example of every `tenant` parameter. */
export function renderDocumentOf(
  tenant: Tenant | undefined,
  document: OpenApiDocument,
  deps: Pick<Deps, 'settings' | 'publicUrl' | 'clients' | 'tenants'>,
): string {
  const components = { ...Object(document['components']), securitySchemes: securitySchemes(tenant, deps) }
  return JSON.stringify({ ...document, components }, (_, value: unknown) =>
    tenant && isTenantParameter(value) ? { ...value, example: tenant.id } : value,
  )
}

function securitySchemes(
  tenant: Tenant | undefined,
  deps: Pick<Deps, 'settings' | 'publicUrl' | 'clients' | 'tenants'>,
) {
  const { admin } = deps.settings
  const { publicUrl } = deps
  const base = `${basePathOf(publicUrl)}${tenantPath(tenant?.id ?? 'test-tenant')}/oauth`
  const tokenUrl = `${base}/token`
  const scopes = {
    ...tenant?.oauth2?.scopes,
    ...(tenant?.api_keys && {
      [reservedScopes.manageApiKeys]: 'Manage the API keys of the client',
      [reservedScopes.manageAllApiKeys]: 'See and revoke those of every client',
    }),
    ...(admin && { [reservedScopes.admin]: 'Use the admin API' }),
  }
  const publicClient = tenant && findPageClient(tenant, deps)
  return {
    [security.oauth2]: {
      type: 'oauth2' as const,
      description: `Gets a token of the tenant ${tenant?.id ?? ''} with the id and the secret of a client${tenant?.oidc ? `, or signs you in. ${signInHint(publicClient !== undefined, deps)}` : '.'}`,
      flows: {
        clientCredentials: { tokenUrl, scopes },
        ...(tenant?.oidc && {
          authorizationCode: {
            authorizationUrl: `${base}/authorize`,
            tokenUrl,
            scopes: { ...describedPeopleScopes, ...tenant.oauth2?.scopes },
          },
        }),
      },
      ...(publicClient && { 'x-public-client': publicClient.id }),
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

/** The client by which the page itself signs people in. */
function findPageClient(tenant: Tenant, { publicUrl, clients }: Pick<Deps, 'publicUrl' | 'clients'>) {
  return findPublicClient(tenant, redirectUrlOf(publicUrl), clients)
}

function redirectUrlOf(publicUrl: string): string {
  return `${publicUrl}/swagger/oauth2-redirect`
}

/** What to fill in for a sign-in, or where one is possible, as Markdown. */
function signInHint(hasPageClient: boolean, deps: Pick<Deps, 'publicUrl' | 'clients' | 'tenants'>): string {
  if (hasPageClient)
    return 'To sign in, leave `client_secret` empty and choose `openid` and what else you want to see.'
  const other = deps.tenants.configured.find((tenant) => tenant.active && findPageClient(tenant, deps))
  if (other) return `To sign in, use [the tenant ${other.id}](?tenant=${encodeURIComponent(other.id)}).`
  return `To sign in, use a client that has \`${redirectUrlOf(deps.publicUrl)}\` in its \`redirect_uris\`.`
}

const words: Readonly<Record<(typeof peopleScopes)[number], string>> = {
  openid: 'Sign in: an ID token, and userinfo',
  profile: 'Name and profile',
  email: 'E-mail address',
  address: 'Postal address',
  phone: 'Phone number',
  groups: 'Groups',
  offline_access: 'A refresh token that outlives the session',
}

const describedPeopleScopes = Object.fromEntries(peopleScopes.map((scope) => [scope, words[scope]]))

function isTenantParameter(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && 'in' in value && 'name' in value && value.name === 'tenant'
  )
}
