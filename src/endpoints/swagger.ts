import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { findAsset, loadAssets } from '../http/swagger-assets.ts'
import { OAuthError } from '../protocol/errors.ts'

/** What the page may do: run and load its own files and call this server; nothing from or to anywhere else. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export interface SwaggerDocument {
  /** The OpenAPI document as JSON. */
  readonly render: () => Promise<string>
}

/** `GET /swagger`: the page; `GET /swagger/json`: the OpenAPI document; both work without internet. */
export const swaggerEndpoint = (_deps: Deps, document: SwaggerDocument) =>
  new Elysia()
    .get('/swagger', async () => page(await loadAssets()), { detail: { hide: true } })
    .get('/swagger/json', async () => openApi(await document.render()), { detail: { hide: true } })
    .get('/swagger/assets/:name', ({ params }) => asset(params.name), { detail: { hide: true } })

function page({ html }: { html: string }): Response {
  return new Response(html, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': pagePolicy,
      'Cache-Control': 'no-cache',
    },
  })
}

function openApi(text: string): Response {
  return new Response(text, {
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-cache' },
  })
}

async function asset(name: string): Promise<Response> {
  const found = await findAsset(name)
  if (!found) throw new OAuthError('not_found', 'Path not found')
  return new Response(found.text, {
    headers: { 'Content-Type': found.type, 'Cache-Control': 'public, max-age=31536000, immutable' },
  })
}
