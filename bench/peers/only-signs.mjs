// What the machine allows: a server of Bun that checks nothing and remembers nothing; each answer is one JWT, signed by jose.
import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { audience, client, scope } from './peer.mjs'

const [port, algorithm] = process.argv.slice(2)
const { privateKey, publicKey } = await generateKeyPair(algorithm)
const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: algorithm, use: 'sig', kid: 'bench' }] }

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(port),
  async fetch(request) {
    if (request.method === 'GET') return Response.json(jwks)
    await request.text()
    const token = await new SignJWT({ client_id: client.id, scope })
      .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: 'bench' })
      .setIssuer(`http://127.0.0.1:${port}`)
      .setSubject(client.id)
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey)
    return Response.json({ access_token: token, token_type: 'Bearer', expires_in: 3600, scope })
  },
})
