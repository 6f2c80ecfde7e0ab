import { expect, test } from 'bun:test'
import * as oauth from 'oauth4webapi'
import { findFreePort } from '../support/free-port.ts'
import { programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { readConfiguration, startProxy } from './proxies/proxy.ts'
import { withPorts } from './proxies/replicas.ts'
import { authorize, execute, openBrowser, visit } from './swagger/page-kit.ts'

const client = { id: 'app', secret: 'a-client-below-a-path' }
const insecure = { [oauth.allowInsecureRequests]: true }

const yaml = (publicUrl: string) => `
server: { public_url: '${publicUrl}' }
tenants:
  acme:
    name: Acme
    oauth2: { scopes: { read: Read } }
    signing: { algorithm: ES256 }
    clients: { ${client.id}: { secret: ${client.secret}, scopes: [read] } }
  legacy:
    name: Legacy
    issuer: 'http://login.acme.example'
    oauth2: {}
    signing: { algorithm: ES256 }
`

/** A client of somebody else: from the issuer to a token, as the specifications say. */
async function useAsClient(issuer: string, algorithm: 'oauth2' | 'oidc'): Promise<void> {
  const url = new URL(issuer)
  const found = await oauth.discoveryRequest(url, { algorithm, ...insecure })
  const server = await oauth.processDiscoveryResponse(url, found)
  const form = new URLSearchParams({ scope: 'read' })
  const method = oauth.ClientSecretBasic(client.secret)
  const asked = await oauth.clientCredentialsGrantRequest(
    server,
    { client_id: client.id },
    method,
    form,
    insecure,
  )
  const token = await oauth.processClientCredentialsResponse(server, { client_id: client.id }, asked)
  expect(token.scope).toBe('read')
  expect((await fetch(server.jwks_uri ?? '')).status).toBe(200)
}

test.each([
  ['leaves the path', 'kept-path'],
  ['cuts the path off', 'cut-path'],
])('below a path, behind nginx that %s: discovery, tokens and the Swagger page work', (_, use) =>
  withFolder(async (folder) => {
    const port = await findFreePort()
    const base = `http://127.0.0.1:${port}/login`
    await writeConfig(folder, yaml(base))
    const server = await startServer(programs.executable, { folder })
    const text = withPorts(await readConfiguration('nginx', use), [server.port])
    const proxy = await startProxy({ name: 'nginx', text, folder, port })
    for (const algorithm of ['oauth2', 'oidc'] as const)
      await useAsClient(`${base}/api/v1/tenant/acme`, algorithm)

    const browser = await openBrowser()
    const { page, complaints } = await visit(browser, `${base}/swagger`)
    await authorize(page, client, ['read'])
    const { status, text: shown } = await execute(page, 'Tokens-getProtectedResource')
    expect([status, complaints]).toEqual(['200', []])
    expect(shown).toContain('"tenant_id": "acme"')
    await browser.close()
    await proxy.stop()
    expect(await server.stop()).toBe(0)
  }),
)

test('an issuer at another host is answered there by the paths that nginx maps', () =>
  withFolder(async (folder) => {
    const port = await findFreePort()
    await writeConfig(folder, yaml('http://auth.example.com'))
    const server = await startServer(programs.executable, { folder })
    const text = withPorts(await readConfiguration('nginx', 'other-issuer'), [server.port])
    const proxy = await startProxy({
      name: 'nginx',
      text: text.replace('tenant/acme', 'tenant/legacy'),
      folder,
      port,
    })
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const answer = await fetch(`${proxy.url}/.well-known/${name}`, {
        headers: { Host: 'login.acme.example' },
      })
      expect(await answer.json()).toMatchObject({
        issuer: 'http://login.acme.example',
        token_endpoint: 'http://auth.example.com/api/v1/tenant/legacy/oauth/token',
      })
    }
    await proxy.stop()
    expect(await server.stop()).toBe(0)
  }))
