import { createPublicKey } from 'node:crypto'
import { join } from 'node:path'
import { findFreePort } from '../../../../support/free-port.ts'
import { claim, issuerOf, tryServer, whileRunning, withFolder } from '../interop.ts'

/** The key of a tenant that signs, as PEM, which is all that HAProxy reads. */
async function readPem(issuer: string): Promise<string> {
  const { keys } = await (await fetch(`${issuer}/.well-known/jwks.json`)).json()
  return createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
}

function tryHaproxy(tenant: string, algorithm: string) {
  return withFolder(async (folder) => {
    const issuer = issuerOf(tenant)
    const pem = join(folder, 'key.pem')
    await Bun.write(pem, await readPem(issuer))
    const port = await findFreePort()
    const settings = [`PORT=${port}`, `ALGORITHM=${algorithm}`, `PEM=${pem}`, `ISSUER=${issuer}`]
    const command = ['env', ...settings, 'haproxy', '-db', '-f', join(import.meta.dir, 'haproxy.cfg')]
    const url = `http://127.0.0.1:${port}/`
    await whileRunning(command, url, () => tryServer(url, issuer))
  })
}

const haproxy = { client: 'HAProxy', debianPackage: 'haproxy' }
await claim({ ...haproxy, does: 'verifies RS256 by `jwt_verify`, with the key as PEM' }, () =>
  tryHaproxy('rs256', 'RS256'),
)
await claim({ ...haproxy, does: 'verifies ES256 by `jwt_verify`, with the key as PEM' }, () =>
  tryHaproxy('es256', 'ES256'),
)
