import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as jose from 'jose'
import { newClientKey } from '../../support/assertions.ts'
import { createAuthority } from '../../support/certificates.ts'
import { programs, type RunningServer, startServer, writeConfig } from '../../support/spawn-server.ts'

const secrets = { app: 'interop-secret-of-the-app', api: 'interop-secret-of-the-api' }

/** One tenant a way to sign, all with the same clients. */
const tenants = {
  rs256: { typ: 'JWT', algorithm: 'RS256' },
  es256: { typ: 'JWT', algorithm: 'ES256' },
  eddsa: { typ: 'JWT', algorithm: 'EdDSA' },
  atjwt: { typ: 'at+jwt', algorithm: 'RS256' },
}

/** The client that proves itself with private_key_jwt. */
const keyed = await newClientKey('RS256', 'interop')

function configOf(publicUrl: string | undefined): string {
  const jwks = JSON.stringify({ keys: [keyed.jwk] })
  const clients = `{ keyed: { token_endpoint_auth_method: private_key_jwt, jwks: ${jwks}, scopes: [read] }, app: { secret: ${secrets.app}, scopes: [read, write] }, api: { secret: ${secrets.api}, introspect: true } }`
  const lines = Object.entries(tenants).map(
    ([id, { typ, algorithm }]) =>
      `  ${id}: { name: Interop, oauth2: { audience: [my-api], access_token_typ: ${typ}, scopes: { read: R, write: W } }, signing: { algorithm: ${algorithm} }, clients: ${clients} }`,
  )
  const server = publicUrl === undefined ? '' : `server: { public_url: '${publicUrl}' }\n`
  return `${server}tenants:\n${lines.join('\n')}\n`
}

/** A grantd on http, and another one behind TLS with a certificate of an authority that nobody else knows. */
export interface InteropServers {
  /** What the programs are told, as variables. */
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

export async function startServers(folder: string): Promise<InteropServers> {
  const authority = createAuthority('grantd interop')
  const ca = join(folder, 'ca.pem')
  await Bun.write(ca, authority.certificate)
  const keyFile = join(folder, 'keyed.pem')
  await Bun.write(keyFile, await jose.exportPKCS8(keyed.privateKey))
  const jwkFile = join(folder, 'keyed.jwk')
  const privateJwk = { ...(await jose.exportJWK(keyed.privateKey)), kid: 'interop', alg: 'RS256' }
  await Bun.write(jwkFile, JSON.stringify(privateJwk))
  const { certificate, key } = authority.certify('localhost', '127.0.0.1')
  let secure: RunningServer | undefined
  const front = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    tls: { cert: certificate, key },
    fetch: (request) => passOn(request, secure?.url ?? ''),
  })
  const httpsUrl = `https://localhost:${front.port}`
  const plain = await startIn(join(folder, 'plain'), undefined)
  secure = await startIn(join(folder, 'secure'), httpsUrl)
  return {
    env: {
      INTEROP_URL: plain.url,
      INTEROP_HTTPS_URL: httpsUrl,
      INTEROP_CA: ca,
      INTEROP_CLIENT_ID: 'app',
      INTEROP_CLIENT_SECRET: secrets.app,
      INTEROP_KEYED_ID: 'keyed',
      INTEROP_KEY_PEM: keyFile,
      INTEROP_KEY_JWK: jwkFile,
      INTEROP_API_ID: 'api',
      INTEROP_API_SECRET: secrets.api,
    },
    stop: async () => {
      await front.stop(true)
      const codes = [await plain.stop(), await secure?.stop()]
      if (codes.some((code) => code !== 0)) throw new Error(`grantd ended with ${codes}`)
    },
  }
}

async function startIn(folder: string, publicUrl: string | undefined): Promise<RunningServer> {
  await mkdir(folder)
  await writeConfig(folder, configOf(publicUrl))
  return startServer(programs.executable, { folder })
}

/** What a proxy does that ends TLS. */
export async function passOn(request: Request, target: string): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const body = request.method === 'POST' ? await request.arrayBuffer() : null
  const { method, headers } = request
  return fetch(`${target}${pathname}${search}`, {
    method,
    headers,
    body,
    redirect: 'manual',
    decompress: false,
  })
}
