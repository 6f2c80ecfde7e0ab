// @node-oauth/oauth2-server behind node:http, with the model that its documentation asks for: jose signs, a map remembers.
import { randomUUID } from 'node:crypto'
import OAuth2Server from '@node-oauth/oauth2-server'
import { importJWK, SignJWT } from 'jose'
import { audience, client, scope, serve } from './peer.mjs'

serve(({ issuer, algorithm, key }) => {
  const signingKey = importJWK(key)
  const { kid, alg, use, kty, n, e, crv, x, y } = key
  const known = { id: client.id, grants: ['client_credentials'] }
  const server = new OAuth2Server({
    accessTokenLifetime: 3600,
    model: {
      getClient: (id, secret) => id === client.id && secret === client.secret && known,
      getUserFromClient: ({ id }) => ({ id }),
      validateScope: () => [scope],
      async generateAccessToken({ id }) {
        return new SignJWT({ client_id: id, scope })
          .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: 'bench' })
          .setIssuer(issuer)
          .setSubject(id)
          .setAudience(audience)
          .setJti(randomUUID())
          .setIssuedAt()
          .setExpirationTime('1h')
          .sign(await signingKey)
      },
      saveToken: (token, { id }, user) => ({ ...token, client: { id }, user }),
    },
  })
  return (request, response) =>
    void answer(request, response).catch(({ code = 500, message }) => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify({ error: message }))
    })

  async function answer(request, response) {
    if (request.url === '/jwks') return send(response, { keys: [{ kid, alg, use, kty, n, e, crv, x, y }] })
    const body = Object.fromEntries(new URLSearchParams(await read(request)))
    const asked = new OAuth2Server.Request({
      method: request.method,
      headers: request.headers,
      query: {},
      body,
    })
    const answered = new OAuth2Server.Response({ headers: {} })
    await server.token(asked, answered)
    send(response, answered.body, answered.headers)
  }
})

function send(response, body, headers = {}) {
  response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function read(request) {
  return new Promise((resolve, reject) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (part) => (text += part))
    request.on('end', () => resolve(text))
    request.on('error', reject)
  })
}
