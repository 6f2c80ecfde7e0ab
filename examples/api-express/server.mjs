// An Express API that checks access tokens.
//
//   npm install && npm start
//
// The server is that of `grantd init`; see ../README.md for the variables. The checks are explained in
// ../../docs/verifying-tokens.md.

import express from 'express'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const issuer = process.env.GRANTD_ISSUER_URL || 'http://localhost:3000/api/v1/tenant/main'
const audience = process.env.API_AUDIENCE || 'my-api'
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))

/** Returns 401 for a request without a good token, and 403 for a token without the scope. */
const withScope = (scope) => async (request, response, next) => {
  const token = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1]
  try {
    const { payload } = await jwtVerify(token ?? '', keys, {
      algorithms: ['RS256'],
      issuer,
      audience,
      typ: 'JWT',
      requiredClaims: ['exp', 'client_id'],
      clockTolerance: 5,
    })
    response.locals.clientId = payload.client_id
    response.locals.scopes = (payload.scope ?? '').split(' ')
  } catch {
    return response.status(401).set('WWW-Authenticate', 'Bearer realm="my-api"').json({ error: 'invalid_token' })
  }
  if (!response.locals.scopes.includes(scope)) return response.status(403).json({ error: 'insufficient_scope' })
  next()
}

const app = express()
app.get('/orders', withScope('api:read'), (_, response) => {
  response.json({ orders: [], for: response.locals.clientId })
})
app.post('/orders', withScope('api:write'), (_, response) => {
  response.json({ created: true, by: response.locals.clientId })
})

const server = app.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => {
  console.log(`the API listens on http://localhost:${server.address().port}`)
})
