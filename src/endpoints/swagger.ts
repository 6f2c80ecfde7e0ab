import { type AnyElysia, Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { htmlPage } from '../http/answer/html-page.ts'
import { tenantNotFound } from '../http/tenant-of-path.ts'
import { OAuthError } from '../protocol/errors.ts'
import { loadAssets, type SwaggerAssets } from '../swagger/assets.ts'
import type { Tenant } from '../tenants/tenant.ts'

/** The page runs and loads its own files and calls this server. */
const pagePolicy = { 'script-src': "'self'", 'connect-src': "'self'" }

/**
 * `GET /swagger`: the page. `GET /swagger/json`: the OpenAPI document of `routes`. Both work without internet. `?tenant=ID` chooses their
 * first tenant. A sign-in of the page comes back to `/swagger/oauth2-redirect`.
 */
export const swaggerEndpoint = (deps: Deps, routes: () => AnyElysia) => {
  const assets = once(() => loadAssets(deps.hashing))
  // Imported here, because few servers need it and a start must be short.
  const module = once(() => import('../swagger/document.ts'))
  const document = once(async () => (await module()).makeDocument(routes(), deps))
  const render = async (request: Request) => {
    const { findFirstTenant, renderDocumentOf } = await module()
    const tenant = (await findChosenTenant(request, deps)) ?? findFirstTenant(deps)
    return renderDocumentOf(tenant, await document(), deps)
  }
  return new Elysia()
    .get('/swagger', async () => renderPage(await assets()), { detail: { hide: true } })
    .get('/swagger/json', async ({ request }) => renderJson(await render(request)), {
      detail: { hide: true },
    })
    .get('/swagger/oauth2-redirect', async () => renderRedirect(await assets()), { detail: { hide: true } })
    .get('/swagger/assets/:name', async ({ params }) => renderAsset(await assets(), params.name), {
      detail: { hide: true },
    })
}

/** The tenant in the query; undefined if there is none. Throws `tenant_not_found`, also for a tenant that issues no tokens. */
async function findChosenTenant({ url }: Request, { tenants }: Deps): Promise<Tenant | undefined> {
  const id = new URL(url).searchParams.get('tenant')
  if (id === null || id === '') return undefined
  const tenant = await tenants.findForDocuments(id)
  if (!tenant?.oauth2) throw tenantNotFound()
  return tenant
}

/** Runs `make` at the first call. Later calls return the same result. After an error, the next call runs `make` again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((cause: unknown) => {
      made = undefined
      throw cause
    })
    return made
  }
}

function renderPage({ html }: SwaggerAssets): Response {
  return htmlPage(html, { policy: pagePolicy, cacheControl: 'no-cache' })
}

function renderRedirect({ redirect }: SwaggerAssets): Response {
  return htmlPage(redirect, { policy: { 'script-src': "'self'" } })
}

function renderJson(text: string): Response {
  return new Response(text, {
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-cache' },
  })
}

function renderAsset({ byName }: SwaggerAssets, name: string): Response {
  const asset = byName.get(name)
  if (!asset) throw new OAuthError('not_found', 'Path not found')
  return new Response(asset.text, {
    headers: { 'Content-Type': asset.type, 'Cache-Control': 'public, max-age=31536000, immutable' },
  })
}
