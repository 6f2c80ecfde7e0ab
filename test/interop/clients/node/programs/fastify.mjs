import { createPublicKey } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import Fastify from 'fastify'
import fastifyJwtJwks from 'fastify-jwt-jwks'
import buildGetJwks from 'get-jwks'
import { audience, callApi, claim, issuerOf, tryVerifier } from '../interop.mjs'

const issuer = issuerOf('rs256')

await claim(['fastify-jwt-jwks'], 'verifies RS256', async () => {
  const fastify = Fastify()
  await fastify.register(fastifyJwtJwks, { jwksUrl: `${issuer}/.well-known/jwks.json`, issuer, audience })
  fastify.get('/', { preValidation: fastify.authenticate }, (request) => request.user)
  const url = await fastify.listen({ port: 0, host: '127.0.0.1' })
  try {
    await tryVerifier(issuer, callApi(url))
  } finally {
    await fastify.close()
  }
})

function tryGetJwks(tenant, alg, options, toPem) {
  const domain = issuerOf(tenant)
  const getJwks = buildGetJwks(options)
  const pemOf = toPem ?? ((asked) => getJwks.getPublicKey(asked))
  const key = ({ header: { kid } }) => pemOf({ kid, alg, domain }, getJwks)
  return tryVerifier(
    domain,
    createVerifier({ key, algorithms: [alg], allowedIss: domain, allowedAud: audience }),
  )
}
const toPemByNode = async (asked, getJwks) =>
  createPublicKey({ key: await getJwks.getJwk(asked), format: 'jwk' }).export({ type: 'spki', format: 'pem' })

const getJwks = ['get-jwks', 'fast-jwt']
const discovery = { providerDiscovery: true }
await claim(getJwks, 'verifies RS256', () => tryGetJwks('rs256', 'RS256', {}))
await claim(getJwks, 'discovers and verifies RS256', () => tryGetJwks('rs256', 'RS256', discovery))
await claim(getJwks, 'discovers and verifies ES256', () => tryGetJwks('es256', 'ES256', discovery))
await claim(getJwks, 'discovers and verifies EdDSA', () => tryGetJwks('eddsa', 'EdDSA', discovery), [
  '`getJwk` and `createPublicKey` of Node in place of `getPublicKey`',
  () => tryGetJwks('eddsa', 'EdDSA', discovery, toPemByNode),
])
