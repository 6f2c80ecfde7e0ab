import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { programs, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'

/** A server that really listens, with the tenants `a` and `b`, which share kid, clients and secrets. */
export interface JudgedServer {
  readonly server: RunningServer
  readonly issuer: (tenant?: string) => string
  stop(): Promise<void>
}

export const secretOf = (client: string) => `${client}: a secret with %41+ü`

const client = (id: string, more: string) => `${id}: { secret: "${secretOf(id)}", ${more} }`
const tenant = `
    oauth2: { audience: [api], access_token_typ: at+jwt, scopes: { read: R, write: W } }
    api_keys: { allowed_scopes: [read] }
    signing: { kid: same }
    clients:
      ${client('app', 'scopes: [read, write, api-keys:manage]')}
      ${client('other', 'scopes: [read]')}
      ${client('api', 'introspect: true')}
`

export async function startJudged(): Promise<JudgedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-interop-'))
  await writeConfig(folder, `tenants:\n  a:\n    name: A${tenant}  b:\n    name: B${tenant}`)
  const server = await startServer(programs.executable, { folder })
  return {
    server,
    issuer: (id = 'a') => `${server.url}/api/v1/tenant/${id}`,
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What openid-client learned of a tenant from its issuer alone, as a client of it. */
export function discover(
  issuer: string,
  id: string,
  auth: openid.ClientAuth = openid.ClientSecretPost(secretOf(id)),
): Promise<openid.Configuration> {
  return openid.discovery(new URL(issuer), id, undefined, auth, {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
  })
}

export const insecure = { [oauth.allowInsecureRequests]: true }

/** Likewise for oauth4webapi. */
export async function discoverBare(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer)
  const found = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure })
  return oauth.processDiscoveryResponse(url, found)
}
