import { type Html, html } from '../http/answer/html.ts'

/** The names of the files of the page. */
export interface PageFiles {
  readonly scripts: readonly string[]
  readonly styles: readonly string[]
}

/**
 * The HTML of the Swagger page. It has no inline script and no inline style, because its policy forbids them. Its URLs are relative, so
 * it works below any path that a proxy adds.
 */
export function renderPage({ scripts, styles }: PageFiles): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>grantd</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
${styles.map((name) => html`<link rel="stylesheet" href="swagger/assets/${name}">`)}
</head>
<body>
<form id="tenant" class="swagger-ui">
<label for="tenant-id">Tenant</label>
<input type="text" id="tenant-id" name="tenant" placeholder="id" autocapitalize="none" spellcheck="false" required>
<button class="btn">Show</button>
</form>
<div id="swagger-ui"></div>
${scripts.map((name) => html`<script src="swagger/assets/${name}"></script>`)}
</body>
</html>
`
}

/** The HTML of the page that a sign-in comes back to. `script` is the name of the file of swagger-ui-dist for it. */
export function renderRedirectPage(script: string): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>grantd</title>
<link rel="icon" href="data:,">
</head>
<body>
<script src="assets/${script}"></script>
</body>
</html>
`
}
