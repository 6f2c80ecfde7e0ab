import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createApp } from '../../../src/app.ts'
import { logoUrl, stylesheetUrl } from '../../../src/http/browser/page-links.ts'
import { startTestApp, type TestApp } from '../../support/test-app.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp(`
tenants:
  acme: { name: Acme, oauth2: {}, oidc: { sign_in: { accent: '#b00020' } } }
  gone: { name: Gone, active: false, oauth2: {}, oidc: {} }
`)
})
afterAll(() => app.close())

const tenantOf = (id: string) => app.deps.tenants.findConfigured(id)

test('the stylesheet of a tenant has its accent, and a browser keeps it for a year', async () => {
  const url = stylesheetUrl(tenantOf('acme'), app.deps)
  const response = await app.send(url)
  expect(response.headers.get('content-type')).toBe('text/css; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(await response.text()).toContain('--accent:#b00020')
  const plain = stylesheetUrl(undefined, app.deps)
  expect(plain.split('/').at(-1)).not.toBe(url.split('/').at(-1))
  expect(await (await app.send(plain)).text()).not.toContain('#b00020')
})

test('the name of another version is answered, and nobody keeps it', async () => {
  const { status, headers } = await app.send('/api/v1/tenant/acme/pages/style-0123456789abcdef.css')
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-cache'])
})

test('another name, an unknown tenant and one that is not active are 404', async () => {
  const paths = [
    '/pages/x.css',
    '/pages/logo-0123456789abcdef.png',
    '/api/v1/tenant/acme/pages/logo-0123456789abcdef.png',
  ]
  for (const tenant of ['nobody', 'gone'])
    paths.push(`/api/v1/tenant/${tenant}/pages/style-0123456789abcdef.css`)
  for (const path of paths) expect([path, (await app.send(path)).status]).toEqual([path, 404])
})

test('a logo is served with its type, and an SVG runs nothing', async () => {
  const bytes = new TextEncoder().encode(
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  )
  const logo = { name: 'logo-0123456789abcdef.svg', type: 'image/svg+xml', bytes } as const
  const deps = { ...app.deps, logos: new Map([['acme', logo]]) }
  const url = logoUrl(tenantOf('acme'), deps)
  expect(url).toBe('/api/v1/tenant/acme/pages/logo-0123456789abcdef.svg')
  expect(logoUrl(undefined, deps)).toBeNull()
  const response = await createApp(deps)(new Request(`http://localhost:3000${url}`))
  expect(response.headers.get('content-type')).toBe('image/svg+xml')
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(response.headers.get('content-security-policy')).toContain('sandbox')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await response.bytes()).toEqual(bytes)
})
