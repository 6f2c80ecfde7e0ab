/** The names under which the page finds its files. */
export interface PageFiles {
  readonly scripts: readonly string[]
  readonly styles: readonly string[]
}

/**
 * The HTML of the Swagger page: no inline script and no inline style, because its policy allows none. Its addresses are relative, so
 * it works below any path that a proxy puts in front.
 */
export function renderPage({ scripts, styles }: PageFiles): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<title>grantd</title>',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<link rel="icon" href="data:,">',
    ...styles.map((name) => `<link rel="stylesheet" href="swagger/assets/${name}">`),
    '</head>',
    '<body>',
    '<div id="swagger-ui"></div>',
    ...scripts.map((name) => `<script src="swagger/assets/${name}"></script>`),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

/** Starts the page and keeps its colours to those of the system. */
export const startScript = `
const dark = matchMedia('(prefers-color-scheme: dark)')
const paint = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', paint)
paint()
window.ui = SwaggerUIBundle({
  url: 'swagger/json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: -1,
  validatorUrl: null,
})
`

/** What swagger-ui-dist leaves bare: the page around it, and room for a narrow screen. */
export const ownStyle = `
html { box-sizing: border-box; overflow-y: scroll; background: #fafafa; }
html.dark-mode { background: #1c2022; color-scheme: dark; }
*, *::before, *::after { box-sizing: inherit; }
body { margin: 0; }
.swagger-ui .info { margin: 2rem 0 1rem; }
.swagger-ui .scheme-container { padding: 1rem 0; margin-bottom: 1rem; box-shadow: 0 1px 2px rgb(0 0 0 / 15%); }
`
