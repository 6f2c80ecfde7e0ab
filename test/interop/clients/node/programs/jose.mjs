import { createRemoteJWKSet, jwtVerify } from 'jose'
import { claim, issuerOf, tryVerifier } from '../interop.mjs'

async function verifyWith(tenant, algorithm, typ) {
  const issuer = issuerOf(tenant)
  // snippet jose
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
  const options = { issuer, audience: 'my-api', algorithms: [algorithm], typ, requiredClaims: ['exp'] }
  const verify = async (token) => (await jwtVerify(token, keys, options)).payload
  // end
  await tryVerifier(issuer, verify)
}

await claim(['jose'], 'verifies RS256', () => verifyWith('rs256', 'RS256', 'JWT'))
await claim(['jose'], 'verifies ES256', () => verifyWith('es256', 'ES256', 'JWT'))
await claim(['jose'], 'verifies EdDSA', () => verifyWith('eddsa', 'EdDSA', 'JWT'))
await claim(['jose'], 'verifies at+jwt', () => verifyWith('atjwt', 'RS256', 'at+jwt'))
