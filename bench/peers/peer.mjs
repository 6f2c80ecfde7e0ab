// What the peers share: who asks for what, and how a server is started, by one process or by several.
import cluster from 'node:cluster'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'

export const client = { id: 'svc', secret: 'svc-secret-of-the-benchmark' }
export const audience = 'urn:bench:api'
export const scope = 'read'

/** Serves what `create` answers for `node <file> PORT ALGORITHM [PROCESSES]`; every process signs with the same key. */
export function serve(create) {
  const [port, algorithm, processes = '1'] = process.argv.slice(2)
  process.env.PEER_KEY ??= JSON.stringify(generateKey(algorithm))
  if (cluster.isPrimary && processes !== '1') {
    for (let count = 0; count < Number(processes); count++) cluster.fork()
    return
  }
  const key = { ...JSON.parse(process.env.PEER_KEY), alg: algorithm, use: 'sig', kid: 'bench' }
  createServer(create({ issuer: `http://127.0.0.1:${port}`, algorithm, key })).listen(
    Number(port),
    '127.0.0.1',
  )
}

function generateKey(algorithm) {
  const { privateKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
  return privateKey.export({ format: 'jwk' })
}
