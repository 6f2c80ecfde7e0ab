import { JwtVerifier } from 'aws-jwt-verify'
import { claim, issuerOf, secureIssuerOf, tryVerifier } from '../interop.mjs'

function verifyAt(issuer) {
  // snippet aws-jwt-verify
  const verifier = JwtVerifier.create({
    issuer,
    audience: 'my-api',
    jwksUri: `${issuer}/.well-known/jwks.json`,
  })
  const verify = (token) => verifier.verify(token)
  // end
  return tryVerifier(issuer, verify)
}

const client = ['aws-jwt-verify']
await claim(client, 'verifies RS256', () => verifyAt(issuerOf('rs256')), [
  'https',
  () => verifyAt(secureIssuerOf('rs256')),
])
await claim(client, 'verifies ES256 over https', () => verifyAt(secureIssuerOf('es256')))
await claim(client, 'verifies EdDSA over https', () => verifyAt(secureIssuerOf('eddsa')))
