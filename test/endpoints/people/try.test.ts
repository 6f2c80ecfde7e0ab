import { expect, test } from 'bun:test'
import { renderStartup } from '../../../src/server/startup.ts'
import { startTestApp, type TestApp } from '../../support/test-app.ts'

const tryUrl = 'http://localhost:3000/api/v1/tenant/acme/try'

function configOf(server: string, redirectUri = tryUrl): string {
  return `
server: ${server}
tenants:
  acme:
    name: Acme
    oauth2: { scopes: { 'api:read': Read access } }
    oidc: {}
    users: { ada: { email: ada@example.com, password: a-password-for-tests } }
    clients:
      web: { secret: a-secret-for-this-test-1, grant_types: [authorization_code], redirect_uris: ['${redirectUri}'] }
      spa: { name: Example app, token_endpoint_auth_method: none, grant_types: [authorization_code], redirect_uris: ['${redirectUri}'], scopes: ['api:read'] }
  machines: { name: Machines, oauth2: {} }
`
}

async function withApp(yaml: string, work: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await startTestApp(yaml)
  try {
    await work(app)
  } finally {
    await app.close()
  }
}

const startupOf = ({ deps }: TestApp) =>
  renderStartup({ deps, host: '127.0.0.1', port: 3000, openedKeys: new Map(), isDemo: false })

test('the page has what its public client needs, and the start prints its link', () =>
  withApp(configOf('{}'), async (app) => {
    const response = await app.send('/api/v1/tenant/acme/try')
    const page = await response.text()
    expect(response.status).toBe(200)
    for (const part of [
      'data-client="spa"',
      `data-redirect="${tryUrl}"`,
      'data-issuer="http://localhost:3000/api/v1/tenant/acme"',
      'data-scope="openid profile email api:read"',
      'data-token="/api/v1/tenant/acme/oauth/token"',
    ])
      expect(page).toContain(part)
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("script-src 'self'; style-src 'self'")
    expect(policy).toContain("connect-src 'self'")
    const script = /<script src="([^"]+)"><\/script>/.exec(page)?.[1] ?? ''
    const { status, headers } = await app.send(script)
    expect([status, headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
    expect(startupOf(app)).toContain(
      `\n  sign in   ${tryUrl}\n            (as ada, whose password is in the configuration)\n`,
    )
  }))

test('without a client for it, the page says how to add one, and the start prints no link', () =>
  withApp(configOf('{}', 'http://localhost:3000/elsewhere'), async (app) => {
    const page = await (await app.send('/api/v1/tenant/acme/try')).text()
    expect(page).toContain(`redirect_uris: [${tryUrl}]`)
    expect(page).not.toContain('<script')
    expect(startupOf(app)).not.toContain('/try')
  }))

test.each([
  ['{ host: 0.0.0.0 }', 404],
  ['{ host: 0.0.0.0, try_page: true }', 200],
  ['{ try_page: false }', 404],
  ["{ host: '::1' }", 200],
])('with server: %s the page is %d', (server, status) =>
  withApp(configOf(server), async (app) => {
    expect((await app.send('/api/v1/tenant/acme/try')).status).toBe(status)
    expect(startupOf(app).includes('/try')).toBe(status === 200)
  }),
)

test('a tenant without people, and an unknown one, have no such page', () =>
  withApp(configOf('{}'), async (app) => {
    for (const tenant of ['machines', 'nobody']) {
      const response = await app.send(`/api/v1/tenant/${tenant}/try`)
      expect([response.status, response.headers.get('content-type')]).toEqual([
        404,
        'text/html; charset=utf-8',
      ])
    }
  }))
