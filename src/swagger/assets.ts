import type { Html } from '../http/answer/html.ts'
import type { Hashing } from '../platform/hashing.ts'
import { renderPage, renderRedirectPage } from './page.ts'
import { startScript } from './page-script.ts'
import { ownStyle } from './page-style.ts'

/** A file of the Swagger page, embedded in the executable. */
export interface Asset {
  readonly type: string
  readonly text: string
}

/** The page and its files, loaded at the first request for the page. */
export interface SwaggerAssets {
  readonly html: Html
  /** The page that a sign-in comes back to. It hands the answer to the page that opened its window. */
  readonly redirect: Html
  /** The name holds a hash of the content, so caches can keep a file for ever. */
  readonly byName: ReadonlyMap<string, Asset>
}

const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' }

/** Loads script and style of the Swagger page, each named by the hash of its content. */
export async function loadAssets(hashing: Hashing): Promise<SwaggerAssets> {
  const [script, style, back] = await Promise.all([
    import('swagger-ui-dist/swagger-ui-bundle.js', { with: { type: 'text' } }),
    import('swagger-ui-dist/swagger-ui.css', { with: { type: 'text' } }),
    import('swagger-ui-dist/oauth2-redirect.js', { with: { type: 'text' } }),
  ])
  const named = (stem: string, kind: keyof typeof types, text: string): [string, Asset] => {
    const hash = hashing.sha256(text).toHex().slice(0, 16)
    return [`${stem}-${hash}.${kind}`, { type: types[kind], text }]
  }
  const scripts = [named('swagger-ui', 'js', script.default), named('start', 'js', startScript)]
  const styles = [named('swagger-ui', 'css', style.default), named('page', 'css', ownStyle)]
  const redirect = named('oauth2-redirect', 'js', back.default)
  const html = renderPage({ scripts: scripts.map(([name]) => name), styles: styles.map(([name]) => name) })
  return {
    html,
    redirect: renderRedirectPage(redirect[0]),
    byName: new Map([...scripts, ...styles, redirect]),
  }
}
