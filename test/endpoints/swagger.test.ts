import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startTestApp, type TestApp } from '../support/test-app.ts'

const tenants = 'tenants:\n  acme: { name: Acme, oauth2: {}, signing: { algorithm: ES256 } }\n'
let app: TestApp

beforeAll(async () => {
  app = await startTestApp(tenants)
})
afterAll(() => app.close())

test('the page loads its own files only, under names that hold their hash, and they may be kept for good', async () => {
  const page = await app.send('/swagger')
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  )
  const html = await page.text()
  expect(html).not.toMatch(/https?:\/\//)
  const paths = [...html.matchAll(/(?:src|href)="([^":]+)"/g)].map(([, path = '']) => `/${path}`)
  expect(paths).toHaveLength(4)
  for (const path of paths) {
    expect(path).toMatch(/^\/swagger\/assets\/[a-z-]+-[0-9a-f]{16}\.(js|css)$/)
    const asset = await app.send(path)
    expect(asset.status).toBe(200)
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect((await asset.text()).length).toBeGreaterThan(100)
  }
})

test('an asset of another name is not found', async () => {
  for (const name of [
    'swagger-ui.js',
    'swagger-ui-0000000000000000.js',
    '..%2f..%2fetc%2fpasswd',
    '__proto__',
  ]) {
    expect((await app.send(`/swagger/assets/${name}`)).status).toBe(404)
  }
})

test('swagger: false turns page, document and their links off', async () => {
  const silent = await startTestApp(`swagger: false\n${tenants}`)
  for (const path of ['/swagger', '/swagger/json', '/swagger/assets/x']) {
    const answer = await silent.send(path)
    expect(answer.status).toBe(404)
    expect(await answer.text()).toBe('{"error":"not_found","error_description":"Path not found"}')
  }
  expect((await (await silent.send('/')).json()).links).toEqual({ health: 'http://localhost:3000/health' })
  await silent.close()
})

test('a sign-in comes back to a page with one script of this server', async () => {
  const page = await app.send('/swagger/oauth2-redirect')
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'; style-src 'self'")
  const [, script = ''] =
    /<script src="(assets\/oauth2-redirect-[\da-f]{16}\.js)"><\/script>/.exec(await page.text()) ?? []
  expect(await (await app.send(`/swagger/${script}`)).text()).toContain('swaggerUIRedirectOauth2')
})

test('where people sign in, the document offers the authorization code too, and names the public client of the page', async () => {
  const people = await startTestApp(`
tenants:
  acme:
    name: Acme
    oauth2: { scopes: { 'api:read': Read access } }
    oidc: {}
    clients:
      spa: { token_endpoint_auth_method: none, grant_types: [authorization_code], redirect_uris: ['http://localhost:3000/swagger/oauth2-redirect'] }
`)
  const { components } = await (await people.send('/swagger/json')).json()
  const { flows, description, 'x-public-client': client } = components.securitySchemes.oauth2
  expect(client).toBe('spa')
  expect(description).toContain('To sign in, leave `client_secret` empty')
  expect(flows.authorizationCode).toMatchObject({
    authorizationUrl: '/api/v1/tenant/acme/oauth/authorize',
    tokenUrl: '/api/v1/tenant/acme/oauth/token',
    scopes: { openid: 'Sign in: an ID token, and userinfo', 'api:read': 'Read access' },
  })
  await people.close()
  const without = await (await app.send('/swagger/json')).json()
  expect(Object.keys(without.components.securitySchemes.oauth2.flows)).toEqual(['clientCredentials'])
})

test('where no client of the tenant may come back to the page, the document says which tenant or which redirect URI does it', async () => {
  const text = `
tenants:
  acme: { name: Acme, oauth2: {}, oidc: {} }
  example:
    name: Example
    oauth2: {}
    oidc: {}
    clients:
      spa: { token_endpoint_auth_method: none, grant_types: [authorization_code], redirect_uris: ['http://localhost:3000/swagger/oauth2-redirect'] }
`
  expect(await describeSignIn(text)).toEndWith('To sign in, use [the tenant example](?tenant=example).')
  expect(await describeSignIn(text.replace('swagger', 'elsewhere'))).toEndWith(
    'To sign in, use a client that has `http://localhost:3000/swagger/oauth2-redirect` in its `redirect_uris`.',
  )
})

async function describeSignIn(config: string): Promise<string> {
  const people = await startTestApp(config)
  const { components } = await (await people.send('/swagger/json')).json()
  await people.close()
  return components.securitySchemes.oauth2.description
}
