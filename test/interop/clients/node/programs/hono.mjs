import { Hono } from 'hono'
import { jwk } from 'hono/jwk'
import { claim, issuerOf, tryVerifier } from '../interop.mjs'

await claim(['hono'], 'verifies RS256', async () => {
  const issuer = issuerOf('rs256')
  // snippet hono
  const options = {
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    alg: ['RS256'],
    verification: { iss: issuer, aud: 'my-api' },
  }
  const app = new Hono().use(jwk(options)).get('/', (context) => context.json(context.get('jwtPayload')))
  // end
  await tryVerifier(issuer, async (token) => {
    const response = await app.request('/', { headers: { Authorization: `Bearer ${token}` } })
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    return response.json()
  })
})
