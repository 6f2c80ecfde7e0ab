/** A file of the Swagger page, embedded in the executable and loaded when the page is first asked for. */
export interface Asset {
  readonly type: string
  readonly text: string
}

export interface SwaggerAssets {
  readonly html: string
  /** By a name that holds a hash of the content, so that it can be cached for good. */
  readonly byName: ReadonlyMap<string, Asset>
}

let loaded: Promise<SwaggerAssets> | undefined

export function loadAssets(): Promise<SwaggerAssets> {
  loaded ??= buildAssets()
  return loaded
}

export async function findAsset(name: string): Promise<Asset | undefined> {
  return (await loadAssets()).byName.get(name)
}

async function buildAssets(): Promise<SwaggerAssets> {
  const [script, style] = await Promise.all([
    import('swagger-ui-dist/swagger-ui-bundle.js', { with: { type: 'text' } }),
    import('swagger-ui-dist/swagger-ui.css', { with: { type: 'text' } }),
  ])
  const files = {
    script: await hashed('swagger-ui', 'js', script.default),
    style: await hashed('swagger-ui', 'css', style.default),
    start: await hashed('start', 'js', startScript),
  }
  const html = [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>grantd</title>',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<link rel="stylesheet" href="/swagger/assets/${files.style[0]}"></head>`,
    '<body><div id="swagger-ui"></div>',
    `<script src="/swagger/assets/${files.script[0]}"></script>`,
    `<script src="/swagger/assets/${files.start[0]}"></script></body></html>`,
  ].join('\n')
  return { html, byName: new Map(Object.values(files)) }
}

const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' }

async function hashed(stem: string, kind: keyof typeof types, text: string): Promise<[string, Asset]> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return [`${stem}-${digest.toHex().slice(0, 16)}.${kind}`, { type: types[kind], text }]
}

const startScript = `SwaggerUIBundle({ url: '/swagger/json', dom_id: '#swagger-ui', deepLinking: true })`
