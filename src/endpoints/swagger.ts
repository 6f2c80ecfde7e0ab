import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { OAuthError } from '../protocol/errors.ts'
import { loadAssets, type SwaggerAssets } from '../swagger/assets.ts'

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

/** The OpenAPI document as JSON. */
export type RenderDocument = () => Promise<string>

/** `GET /swagger`: the page; `GET /swagger/json`: the OpenAPI document; both work without internet. */
export const swaggerEndpoint = ({ hashing }: Pick<Deps, 'hashing'>, renderDocument: RenderDocument) => {
  const assets = once(() => loadAssets(hashing))
  const document = once(renderDocument)
  return new Elysia()
    .get('/swagger', async () => renderPage(await assets()), { detail: { hide: true } })
    .get('/swagger/json', async () => renderJson(await document()), { detail: { hide: true } })
    .get('/swagger/assets/:name', async ({ params }) => renderAsset(await assets(), params.name), {
      detail: { hide: true },
    })
}

/** Runs `make` at the first call and answers the same ever after; a failure is forgotten. */
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
  return new Response(html, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': pagePolicy,
      'Cache-Control': 'no-cache',
    },
  })
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
