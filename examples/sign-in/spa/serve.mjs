// Serves the single-page app. Any server of static files does.
//
//   node spa/serve.mjs
//
// The server is that of ../grantd.yaml; see ../README.md for the variables. Then open http://localhost:4001.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const files = { '/': ['index.html', 'text/html'], '/app.js': ['app.js', 'text/javascript'] }
const issuer = process.env.GRANTD_ISSUER_URL
const settings = issuer ? `window.settings = ${JSON.stringify({ issuer })}\n` : ''

const server = createServer(async (request, response) => {
  const [name, type] = files[(request.url ?? '/').split('?')[0]] ?? []
  if (!name) return response.writeHead(404).end()
  const text = await readFile(new URL(name, import.meta.url), 'utf8')
  response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' })
  response.end(name === 'app.js' ? settings + text : text)
})
server.listen(Number(process.env.PORT || 4001), 'localhost', () =>
  console.log(`listens on http://localhost:${server.address().port}`),
)
