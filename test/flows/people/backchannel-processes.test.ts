import { expect, test } from 'bun:test'
import * as jose from 'jose'
import { authorize, type Credentials, type Relying, redeem, tenantPath } from '../../support/people/flow.ts'
import { siteOfServer } from '../../support/people/sites.ts'
import { type Program, programs, startServer, withFolder, writeConfig } from '../../support/spawn-server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { newBrowser } from '../people-setup.ts'

const ada: Credentials = { username: 'ada', password: 'the password of ada' }
const web: Relying = {
  ...{ clientId: 'web', secret: 'web-secret-of-the-test', redirectUri: 'https://app.example.com/callback' },
}

const configFor = (port: number) => `tenants:
  acme:
    name: Acme
    oauth2: {}
    oidc: { backchannel_logout_private_addresses: true }
    signing: { algorithm: ES256 }
    users: { ada: { password: ${ada.password} } }
    clients:
      web:
        secret: ${web.secret}
        consent: skip
        grant_types: [authorization_code, refresh_token]
        redirect_uris: ['${web.redirectUri}']
        backchannel_logout_uri: http://localhost:${port}/logout
`

/** A client that answers with these statuses, and a proxy that nobody must use. */
function startClient(...statuses: number[]) {
  const tokens: string[] = []
  const client = Bun.serve({
    port: 0,
    fetch: async (request) => {
      tokens.push(new URLSearchParams(await request.text()).get('logout_token') ?? '')
      return new Response('not read', { status: statuses.shift() ?? 200 })
    },
  })
  const proxied: string[] = []
  const proxy = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    fetch: ({ method, url }) => {
      proxied.push(`${method} ${url}`)
      return new Response()
    },
  })
  const stop = () => Promise.all([client.stop(true), proxy.stop(true)])
  return { tokens, port: client.port ?? 0, proxyUrl: String(proxy.url), proxied, stop }
}

/** The client takes the logout token at the second attempt, which the end of the server brings forward. */
const signOutWith = (program: Program) =>
  withFolder(async (folder) => {
    const client = startClient(503)
    try {
      await writeConfig(folder, configFor(client.port))
      const proxies = { HTTP_PROXY: client.proxyUrl, http_proxy: client.proxyUrl, ALL_PROXY: client.proxyUrl }
      // Deno itself asks for a newer version, through the proxy.
      const env = { ...proxies, DENO_NO_UPDATE_CHECK: '1' }
      const server = await startServer(program, { folder, env })
      const site = siteOfServer(server)
      const browser = newBrowser(site)
      const code = await authorize(browser, { tenant: 'acme', client: web, credentials: ada })
      const { id_token = '' } = await redeem(site, 'acme', web, code)
      await browser.open(
        `${tenantPath('acme')}/oauth/logout?${new URLSearchParams({ id_token_hint: id_token })}`,
      )
      await waitFor('the client is told', () => client.tokens.length === 1)
      expect(await server.stop()).toBe(0)
      expect(client.tokens).toHaveLength(2)
      expect(client.tokens[1]).toBe(client.tokens[0] ?? '')
      const { sid, sub } = jose.decodeJwt(id_token)
      expect(jose.decodeJwt(client.tokens[0] ?? '')).toMatchObject({ aud: 'web', sid, sub })
      expect(server.output()).not.toContain('was not told')
      expect(client.proxied).toEqual([])
    } finally {
      await client.stop()
    }
  })

test('the executable tells clients of a sign-out, without a proxy, and once more when it ends', () =>
  signOutWith(programs.executable))

test('and so does the same source under Deno', () => signOutWith(programs.deno))
