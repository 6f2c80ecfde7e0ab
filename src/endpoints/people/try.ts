import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { answerPage, pageFrame, withErrorPages } from '../../http/browser/page-answer.ts'
import { linkTo } from '../../http/browser/page-links.ts'
import { findTryClient, hasTryPage, tryUrl } from '../../http/browser/try-client.ts'
import { getTenant, tenantNotFound } from '../../http/tenant-of-path.ts'
import { renderTryPage, type TryClient } from '../../pages/try-page.ts'
import { tryScript } from '../../pages/try-script.ts'
import type { Tenant } from '../../tenants/tenant.ts'

/** The page runs its own script, which calls this server. */
const policy = { 'script-src': "'self'", 'connect-src': "'self'" }

const hidden = { detail: { hide: true } }

/** `GET /api/v1/tenant/{tenant}/try`: an example app, for a look at what signing in is like. Served where `server.try_page` is on. */
export const tryEndpoint = (deps: Deps) => {
  if (!hasTryPage(deps.settings.server)) return new Elysia()
  const scriptName = `try-${deps.hashing.sha256(tryScript).toHex().slice(0, 16)}.js`
  return new Elysia()
    .get(
      '/api/v1/tenant/:tenant/try',
      ({ request, params }) =>
        withErrorPages(request, undefined, deps, async () => {
          const tenant = await getTenant(request, params.tenant, deps)
          if (!tenant.oauth2 || !tenant.oidc) throw tenantNotFound()
          return answerTry(request, tenant, { deps, scriptName })
        }),
      hidden,
    )
    .get(`/pages/${scriptName}`, () => answerScript(), hidden)
}

function answerTry(
  request: Request,
  tenant: Tenant,
  { deps, scriptName }: { readonly deps: Deps; readonly scriptName: string },
): Response {
  const page = renderTryPage({
    frame: pageFrame(request, tenant, deps),
    client: describeClient(tenant, deps),
    redirectUri: tryUrl(tenant, deps),
    scriptUrl: linkTo(`/pages/${scriptName}`, undefined, deps),
  })
  return answerPage(page, { policy })
}

function describeClient(tenant: Tenant, deps: Deps): TryClient | null {
  const client = findTryClient(tenant, deps)
  if (!client) return null
  const to = (path: string) => linkTo(`/oauth/${path}`, tenant, deps)
  return {
    issuer: tenant.issuer,
    clientId: client.id,
    redirectUri: tryUrl(tenant, deps),
    scope: ['openid', 'profile', 'email', ...client.default_scopes].join(' '),
    authorizeUrl: to('authorize'),
    tokenUrl: to('token'),
    userinfoUrl: to('userinfo'),
    logoutUrl: to('logout'),
  }
}

function answerScript(): Response {
  return new Response(tryScript, {
    headers: {
      'Content-Type': 'text/javascript; charset=utf-8',
      'Cache-Control': 'public, max-age=31536000, immutable',
    },
  })
}
