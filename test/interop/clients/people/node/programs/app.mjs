// What the programs share: a server of a few paths, for one browser.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const { PORT, ORIGIN, ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, POST_LOGOUT_REDIRECT_URI } =
  process.env

const modules = join(dirname(fileURLToPath(import.meta.url)), '../node_modules')
export const fileOf = (path) => readFileSync(join(modules, path), 'utf8')

/** Of several packages, joined. */
export const versionOf = (...names) =>
  names.map((name) => JSON.parse(fileOf(`${name}/package.json`)).version).join(' + ')

export const redirect = (url) => ({ redirect: String(url) })

/** `routes`: path -> (url, request) => what is shown as JSON, a text, or a redirect. */
export function serve(version, routes) {
  const all = { '/version': () => version, '/signed-out': () => 'signed out', ...routes }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, ORIGIN)
    try {
      const answer = await all[url.pathname]?.(url, request)
      if (answer === undefined) response.writeHead(404).end()
      else if (answer.redirect) response.writeHead(302, { location: answer.redirect }).end()
      else if (answer.html) response.writeHead(200, { 'content-type': 'text/html' }).end(answer.html)
      else if (answer.script)
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(answer.script)
      else
        response
          .writeHead(200, { 'content-type': 'text/plain' })
          .end(typeof answer === 'string' ? answer : JSON.stringify(answer))
    } catch (error) {
      response
        .writeHead(500, { 'content-type': 'text/plain' })
        .end(`${error} ${error?.cause?.message ?? JSON.stringify(error?.cause) ?? ''} ${error?.error ?? ''}`)
    }
  })
  server.listen(Number(PORT), new URL(ORIGIN).hostname)
}
