// A web app that signs people in, with openid-client and nothing else.
//
//   npm install && npm start
//
// The server is that of ../grantd.yaml; see ../README.md for the variables. Then open http://localhost:4000.

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import * as oidc from 'openid-client'

const environment = (name, otherwise) => process.env[name] || otherwise
const issuerUrl = new URL(environment('GRANTD_ISSUER_URL', 'http://localhost:3000/api/v1/tenant/main'))
const clientId = environment('GRANTD_CLIENT_ID', 'web-app')
const clientSecret = environment('GRANTD_CLIENT_SECRET', 'a-secret-of-the-examples')
const appUrl = environment('APP_URL', 'http://localhost:4000')

// Plain http is for this machine alone. Remove this where the server has https.
const options = issuerUrl.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {}
const config = await oidc.discovery(issuerUrl, clientId, clientSecret, undefined, options)

/** What the app knows of each browser, by the cookie. A real app keeps this in a database. */
const sessions = new Map()

const routes = {
  '/': (_, session) =>
    session.person
      ? page(`<p>Hello, ${escape(session.person.name ?? session.person.sub)}!</p>
<pre>${escape(JSON.stringify(session.person, null, 2))}</pre><p><a href="/logout">Sign out</a></p>`)
      : page('<p><a href="/login">Sign in</a></p>'),

  '/login': async (_, session) => {
    // They come back with the answer, which proves that it is the answer to this request.
    const login = {
      pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
      expectedState: oidc.randomState(),
      expectedNonce: oidc.randomNonce(),
    }
    session.login = login
    return redirect(
      oidc.buildAuthorizationUrl(config, {
        redirect_uri: `${appUrl}/callback`,
        scope: 'openid profile email',
        code_challenge: await oidc.calculatePKCECodeChallenge(login.pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: login.expectedState,
        nonce: login.expectedNonce,
      }),
    )
  },

  '/callback': async (url, session, setSession) => {
    if (!session.login) return redirect('/login')
    const tokens = await oidc.authorizationCodeGrant(config, url, session.login)
    // A new session id, so that nobody can plant theirs before the login (session fixation).
    setSession({ person: tokens.claims(), idToken: tokens.id_token, refreshToken: tokens.refresh_token })
    return redirect('/')
  },

  '/logout': (_, session, setSession) => {
    const { idToken } = session
    setSession({})
    return redirect(
      oidc.buildEndSessionUrl(config, {
        post_logout_redirect_uri: `${appUrl}/`,
        ...(idToken && { id_token_hint: idToken }),
      }),
    )
  },
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', appUrl)
  const cookie = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
  let id = cookie && sessions.has(cookie) ? cookie : newSession({})
  const setSession = (content) => {
    sessions.delete(id)
    id = newSession(content)
  }
  try {
    const answer = await (routes[url.pathname] ?? notFound)(url, sessions.get(id), setSession)
    const secure = appUrl.startsWith('https:') ? '; Secure' : ''
    response.writeHead(answer.status, {
      ...answer.headers,
      'Set-Cookie': `session=${id}; HttpOnly; SameSite=Lax; Path=/${secure}`,
    })
    response.end(answer.body)
  } catch (error) {
    // The server sent the person back with an error, such as access_denied, or the code was refused.
    console.error(error.error ?? error)
    const { status, headers, body } = page('<p>That did not work. <a href="/login">Try again</a></p>')
    response.writeHead(status === 200 ? 400 : status, headers).end(body)
  }
})

function newSession(content) {
  const id = randomBytes(32).toString('base64url')
  sessions.set(id, content)
  return id
}

const notFound = () => ({ ...page('<p>Not found</p>'), status: 404 })

const redirect = (url) => ({ status: 303, headers: { Location: String(url) }, body: '' })

const page = (body) => ({
  status: 200,
  headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
  body: `<!doctype html><meta charset="utf-8"><title>Example</title>${body}`,
})

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text) => String(text).replace(/[&<>"']/g, (character) => entities[character])

const port = Number(environment('PORT', new URL(appUrl).port || '4000'))
server.listen(port, 'localhost', () => console.log(`listens on http://localhost:${server.address().port}`))
