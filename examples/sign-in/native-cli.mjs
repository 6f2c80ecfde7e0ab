// A command that signs a person in with the browser of the same machine (RFC 8252): it listens on a loopback port for the answer.
//
//   node native-cli.mjs
//
// The server is that of grantd.yaml; see README.md for the variables. Where there is no browser, use device-login.sh.

import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

const issuerUrl = process.env.GRANTD_ISSUER_URL || 'http://localhost:3000/api/v1/tenant/main'
const clientId = process.env.GRANTD_CLIENT_ID || 'cli'

const metadata = await getJson(`${issuerUrl}/.well-known/openid-configuration`)
const random = () => randomBytes(32).toString('base64url')
const [verifier, state, nonce] = [random(), random(), random()]

// Any free port will do, so two commands can sign in at once. The literal address: localhost may be another machine's.
const listener = createServer()
await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve))
const redirectUri = `http://127.0.0.1:${listener.address().port}/callback`

const query = new URLSearchParams({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: redirectUri,
  scope: 'openid profile email',
  state,
  nonce,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
})
console.error(`Open this address in a browser:\n\n  ${metadata.authorization_endpoint}?${query}\n`)

const answer = await receiveAnswer()
listener.close()
if (answer.has('error')) throw new Error(answer.get('error_description') ?? answer.get('error'))

const tokens = await getJson(metadata.token_endpoint, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    code: answer.get('code'),
    redirect_uri: redirectUri,
    code_verifier: verifier,
  }),
})
const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url').toString())
// The ID token came from the token endpoint itself, so its signature needs no check (OpenID Connect Core section 3.1.3.7).
if (claims.iss !== metadata.issuer || claims.aud !== clientId || claims.nonce !== nonce)
  throw new Error('The ID token is not for us')
console.log(`Signed in as ${claims.name} <${claims.email}>`)
console.log(JSON.stringify(claims, null, 2))

/** The first answer to our own request. Other programs of the machine can reach the port too, so others are ignored. */
function receiveAnswer() {
  return new Promise((resolve) => {
    listener.on('request', (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', redirectUri)
      const isOurs = searchParams.get('state') === state && searchParams.get('iss') === metadata.issuer
      if (pathname !== '/callback' || !isOurs) return response.writeHead(404).end()
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' })
      response.end('You can close this window and go back to the terminal.\n', () => resolve(searchParams))
    })
  })
}

async function getJson(url, init) {
  const response = await fetch(url, init)
  const body = await response.json()
  if (!response.ok) throw new Error(`${body.error}: ${body.error_description}`)
  return body
}
