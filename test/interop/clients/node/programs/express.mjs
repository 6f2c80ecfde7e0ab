import express from 'express'
import { expressjwt } from 'express-jwt'
import { auth } from 'express-oauth2-jwt-bearer'
import jwksRsa from 'jwks-rsa'
import passport from 'passport'
import { ExtractJwt, Strategy } from 'passport-jwt'
import { audience, claim, issuerOf, tryVerifier, withApi } from '../interop.mjs'

/** An API of one route behind `guard`, which answers the claims that `read` finds. */
function tryGuard(issuer, guard, read) {
  const app = express().use(guard)
  app.get('/', (request, response) => response.json(read(request)))
  // The default one prints each refusal.
  app.use((error, _request, response, _next) => response.status(error.status ?? 500).send(error.message))
  return withApi(app, (verify) => tryVerifier(issuer, verify))
}

function tryBearer(tenant, settings) {
  const issuerBaseURL = issuerOf(tenant)
  return tryGuard(
    issuerBaseURL,
    auth({ issuerBaseURL, audience, ...settings }),
    ({ auth: { payload } }) => payload,
  )
}
const bearer = ['express-oauth2-jwt-bearer']
await claim(bearer, 'discovers and verifies RS256', () => tryBearer('rs256', {}))
await claim(bearer, 'discovers and verifies ES256', () => tryBearer('es256', {}), [
  "`tokenSigningAlg: 'ES256'`",
  () => tryBearer('es256', { tokenSigningAlg: 'ES256' }),
])
await claim(bearer, 'discovers and verifies at+jwt with `strict`', () => tryBearer('atjwt', { strict: true }))

const issuer = issuerOf('rs256')
const jwksUri = `${issuer}/.well-known/jwks.json`

await claim(['express-jwt', 'jwks-rsa'], 'verifies RS256', () => {
  // snippet express-jwt
  const secret = jwksRsa.expressJwtSecret({ jwksUri, cache: true, rateLimit: true })
  const guard = expressjwt({ secret, issuer, audience: 'my-api', algorithms: ['RS256'] })
  // end
  return tryGuard(issuer, guard, (request) => request.auth)
})

await claim(['passport-jwt', 'jwks-rsa'], 'verifies RS256', () => {
  const options = {
    secretOrKeyProvider: jwksRsa.passportJwtSecret({ jwksUri, cache: true, rateLimit: true }),
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    issuer,
    audience,
    algorithms: ['RS256'],
  }
  passport.use(new Strategy(options, (payload, done) => done(null, payload)))
  return tryGuard(issuer, passport.authenticate('jwt', { session: false }), (request) => request.user)
})
