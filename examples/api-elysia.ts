// An Elysia API that checks access tokens.
//
//   bun add elysia jose && bun api-elysia.ts
//
// The server is that of `grantd init`; see README.md for the variables. The checks are explained in
// ../docs/verifying-tokens.md.

import { Elysia } from 'elysia'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const issuer = Bun.env['GRANTD_ISSUER_URL'] || 'http://localhost:3000/api/v1/tenant/main'
const audience = Bun.env['API_AUDIENCE'] || 'my-api'
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))

async function verify(header: string | undefined) {
  const token = /^Bearer (\S+)$/i.exec(header ?? '')?.[1]
  if (token === undefined) return undefined
  try {
    const options = { algorithms: ['RS256'], issuer, audience, typ: 'JWT', requiredClaims: ['exp', 'client_id'] }
    const { payload } = await jwtVerify(token, keys, { ...options, clockTolerance: 5 })
    return { clientId: String(payload['client_id']), scopes: String(payload['scope'] ?? '').split(' ') }
  } catch {
    return undefined
  }
}

/** Returns 401 for a request without a good token, and 403 for a token without the scope. */
const withScope = (scope: string) =>
  new Elysia()
    .resolve({ as: 'scoped' }, async ({ headers, status, set }) => {
      const caller = await verify(headers['authorization'])
      if (!caller) {
        set.headers['www-authenticate'] = 'Bearer realm="my-api"'
        return status(401, { error: 'invalid_token' })
      }
      if (!caller.scopes.includes(scope)) return status(403, { error: 'insufficient_scope' })
      return { caller }
    })

const app = new Elysia()
  .use(
    new Elysia().use(withScope('api:read')).get('/orders', ({ caller }) => ({ orders: [], for: caller.clientId })),
  )
  .use(
    new Elysia().use(withScope('api:write')).post('/orders', ({ caller }) => ({ created: true, by: caller.clientId })),
  )
  .listen({ port: Number(Bun.env['PORT'] ?? 4000), hostname: '127.0.0.1' })

console.log(`the API listens on http://localhost:${app.server?.port}`)
