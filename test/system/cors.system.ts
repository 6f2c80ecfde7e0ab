import { expect, test } from 'bun:test'
import { chromium } from 'playwright-core'
import { programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

/** In the page: what the browser lets a script read. */
async function readAll(urls: readonly string[]): Promise<(readonly [number, boolean] | string)[]> {
  const read = async (url: string) => {
    try {
      const response = await fetch(url, {
        headers: { 'If-None-Match': '"other"', 'MCP-Protocol-Version': '1' },
      })
      return [response.status, (response.headers.get('etag') ?? '').length > 0] as const
    } catch {
      return 'refused by the browser'
    }
  }
  return Promise.all(urls.map(read))
}

test('a page of another origin reads the JWKS and the metadata in a browser, refusals too, and nothing else', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, 'tenants:\n  main: { name: Main, oauth2: {}, signing: { algorithm: ES256 } }\n')
    const server = await startServer(programs.executable, { folder })
    using page = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () => new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } }),
    })
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ]
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
    try {
      const opened = await browser.newPage()
      await opened.goto(page.url.href)
      const tenant = `${server.url}/api/v1/tenant/main`
      const read = await opened.evaluate(readAll, [
        `${tenant}/.well-known/jwks.json`,
        `${tenant}/.well-known/openid-configuration`,
        `${server.url}/.well-known/oauth-authorization-server/api/v1/tenant/main`,
        `${server.url}/api/v1/tenant/other/.well-known/jwks.json`,
        `${server.url}/health`,
        `${tenant}/strategies`,
      ])
      const refused = 'refused by the browser'
      expect(read).toEqual([[200, true], [200, true], [200, true], [404, false], refused, refused])
    } finally {
      await browser.close()
    }
    expect(await server.stop()).toBe(0)
  }))
