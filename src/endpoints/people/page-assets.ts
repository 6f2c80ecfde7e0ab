import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { findStylesheet } from '../../http/browser/page-links.ts'
import { getTenantOfDocument } from '../../http/tenant-of-path.ts'
import type { Logo } from '../../pages/frame/logo.ts'
import { OAuthError } from '../../protocol/errors.ts'
import type { Tenant } from '../../tenants/tenant.ts'

const hidden = { detail: { hide: true } }

/** The files of the pages for people: `/pages/{file}`, and below a tenant its stylesheet with its colors and its logo. */
export const pageAssetsEndpoint = (deps: Deps) =>
  new Elysia()
    .get('/pages/:file', ({ params }) => answerFile(params.file, undefined, deps), hidden)
    .get(
      '/api/v1/tenant/:tenant/pages/:file',
      async ({ request, params }) =>
        answerFile(params.file, await getTenantOfDocument(request, params.tenant, deps), deps),
      hidden,
    )

function answerFile(file: string, tenant: Tenant | undefined, deps: Deps): Response {
  const logo = tenant?.configured ? deps.logos.get(tenant.id) : undefined
  if (logo && file === logo.name) return answerLogo(logo)
  if (!/^style-[\da-f]{16}\.css$/.test(file)) throw new OAuthError('not_found', 'Path not found')
  const { name, text } = findStylesheet(tenant, deps)
  const headers = { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': cacheControl(file === name) }
  return new Response(text, { headers })
}

/** An SVG may have a script, which would run where somebody opens the file alone. Only its own styles work. */
const logoPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

function answerLogo({ type, bytes }: Logo): Response {
  const headers = {
    'Content-Type': type,
    'Cache-Control': cacheControl(true),
    'Content-Security-Policy': logoPolicy,
  }
  return new Response(Uint8Array.from(bytes), { headers })
}

/** While replicas of two versions serve together, a page of one may ask the other for its stylesheet, and gets a similar one. */
function cacheControl(isCurrent: boolean): string {
  return isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache'
}
