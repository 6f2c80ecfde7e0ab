import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { programs, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'
import { openAuthorize, openBrowser, shoot } from './swagger/page-kit.ts'

/** Signing in, in a browser, at the pages that the executable serves. */

const password = 'a-password-for-the-browser'
const yaml = `
tenants:
  acme:
    name: Acme
    oauth2: { scopes: { 'api:read': See your notes } }
    oidc: { sign_in: { accent: '#0f766e' } }
    signing: { algorithm: ES256 }
    users: { ada: { email: ada@example.com, name: Ada Lovelace, password: ${password} } }
    clients:
      spa:
        name: Example app
        token_endpoint_auth_method: none
        grant_types: [authorization_code]
        scopes: ['api:read']
        redirect_uris: [http://localhost/api/v1/tenant/acme/try, http://localhost/swagger/oauth2-redirect]
        post_logout_redirect_uris: [http://localhost/api/v1/tenant/acme/try]
`

let folder: string
let server: RunningServer
let browser: Browser
let base: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-sign-in-'))
  await writeConfig(folder, yaml)
  server = await startServer(programs.executable, { folder })
  // The name of public_url, because the page of another name goes on to it.
  base = server.url.replace('127.0.0.1', 'localhost')
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  expect(await server?.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

async function openPage(): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await browser.newContext()).newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    // Chromium says so of every 401, such as that of a wrong password; and Swagger UI has password fields outside of forms.
    if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  return { page, complaints }
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Email or username').fill('ada@example.com')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('the example app signs a person in, shows the tokens and userinfo, and signs out', async () => {
  const { page, complaints } = await openPage()
  await page.goto(`${base}/api/v1/tenant/acme/try`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Email or username').fill('ada')
  await page.getByLabel('Password').fill('not-the-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  expect(await page.title()).toBe('Error: Sign in · Acme')
  await signIn(page)
  await page.getByRole('heading', { name: 'Example app would like access to your account' }).waitFor()
  expect(await page.getByRole('listitem').allTextContents()).toContain('See your notes')
  await page.getByRole('button', { name: 'Allow' }).click()
  await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor()
  expect(page.url()).toBe(`${base}/api/v1/tenant/acme/try`)
  expect(await page.locator('#id-token').textContent()).toContain('"email": "ada@example.com"')
  expect(await page.locator('#access-token').textContent()).toContain(
    '"scope": "openid profile email api:read"',
  )
  await page.getByRole('button', { name: 'Call userinfo' }).click()
  await page.locator('#userinfo-panel').waitFor()
  expect(await page.locator('#userinfo').textContent()).toContain('"name": "Ada Lovelace"')
  await shoot(page, 'try-signed-in')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Try signing in' }).waitFor()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByLabel('Password').waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})

test('an answer that the example app did not ask for is refused', async () => {
  const { page } = await openPage()
  await page.goto(`${base}/api/v1/tenant/acme/try?code=stolen&state=x`)
  const problem = page.getByRole('alert')
  await problem.waitFor()
  expect(await problem.textContent()).toContain('was not started here')
  await page.context().close()
})

test('Authorize of the Swagger page signs a person in by the code with PKCE, and userinfo can be tried', async () => {
  const { page, complaints } = await openPage()
  await page.goto(`${base}/swagger`)
  const form = await openAuthorize(page, 'authorizationCode with PKCE')
  expect(await form.locator('input[id^=client_id]').inputValue()).toBe('spa')
  for (const scope of ['openid', 'profile'])
    await form.locator(`label[for^="${scope}-authorizationCode"]`).first().click()
  await shoot(page, 'swagger-authorize-code')
  const opened = page.waitForEvent('popup')
  await form.locator('button.authorize').click()
  const window = await opened
  await signIn(window)
  // The person has allowed it already, at the example app.
  await form.getByText('Authorized', { exact: true }).waitFor()
  await page.locator('button.btn-done').first().click()
  const operation = page.locator('.opblock', { hasText: '/oauth/userinfo' }).first()
  await operation.locator('.opblock-summary').click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  const live = operation.locator('.live-responses-table .response').first()
  await live.waitFor()
  expect(await live.textContent()).toContain('Ada Lovelace')
  expect(complaints).toEqual([])
  await page.context().close()
})
