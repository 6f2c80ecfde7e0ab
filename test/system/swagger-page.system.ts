import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { programs, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'

const shots = resolve(import.meta.dir, '../../dist/screenshots')
const secret = 'browser-test-secret'

let folder: string
let server: RunningServer
let browser: Browser

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-browser-'))
  await mkdir(shots, { recursive: true })
  const yaml = await Bun.file(resolve(import.meta.dir, '../../config.yaml')).text()
  await writeConfig(folder, yaml.replace('your-client-secret', secret))
  server = await startServer(programs.executable, { folder })
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
    ],
  })
})
afterAll(async () => {
  await browser?.close()
  expect(await server?.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

interface Visit {
  readonly page: Page
  /** Console errors, policy violations, failed requests and requests to other hosts. */
  readonly complaints: string[]
}

/** Opens the Swagger page in a browser that reaches no other host. */
async function visit(colorScheme: 'light' | 'dark'): Promise<Visit> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 1400 } })
  const page = await context.newPage()
  const complaints: string[] = []
  await page.route('**/*', (route) => {
    const { origin } = new URL(route.request().url())
    if (origin === server.url) return route.continue()
    complaints.push(`request to ${origin}`)
    return route.abort()
  })
  page.on('console', (message) => {
    if (message.type() === 'error' || /content security policy/i.test(message.text()))
      complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
  await page.goto(`${server.url}/swagger`)
  await page.getByText('Get an access token', { exact: true }).waitFor()
  return { page, complaints }
}

async function authorize(page: Page): Promise<void> {
  await page.locator('.auth-wrapper > button.authorize').click()
  const form = page.locator('.auth-container').filter({ hasText: 'Token URL' })
  await form.getByLabel('client_id:').fill('your-client-id')
  await form.getByLabel('client_secret:').fill(secret)
  for (const box of await form.locator('.scopes label').all()) await box.click()
  await page.screenshot({ path: join(shots, 'swagger-authorize.png') })
  await form.locator('button.authorize').click()
  await form.getByText('Authorized', { exact: true }).waitFor()
  await page.screenshot({ path: join(shots, 'swagger-authorized.png') })
  await page.locator('button.btn-done').first().click()
}

test('Authorize gets a real token and Try it out then calls the protected resource, offline and without complaints', async () => {
  const { page, complaints } = await visit('light')
  await page.screenshot({ path: join(shots, 'swagger-light.png') })
  await authorize(page)
  const operation = page.locator('#operations-Tokens-getProtectedResource')
  await operation.locator('.opblock-summary').click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  const live = operation.locator('.live-responses-table .response').first()
  await live.waitFor()
  expect(await live.locator('.response-col_status').textContent()).toStartWith('200')
  expect(await live.textContent()).toContain('"client_id": "your-client-id"')
  expect(await live.textContent()).toContain('"api:write"')
  await operation.scrollIntoViewIfNeeded()
  await page.screenshot({ path: join(shots, 'swagger-executed.png') })
  expect(complaints).toEqual([])
})

test('the tenant can be chosen, and its default is one that exists', async () => {
  const { page, complaints } = await visit('light')
  const operation = page.locator('#operations-Discovery-listStrategies')
  await operation.locator('.opblock-summary').click()
  const field = operation.locator('tr[data-param-name=tenant] input')
  expect(await field.inputValue()).toBe('test-tenant')
  await operation.getByRole('button', { name: 'Execute' }).click()
  const status = operation.locator('.live-responses-table .response .response-col_status').first()
  await status.waitFor()
  expect(await status.textContent()).toStartWith('200')
  expect(complaints).toEqual([])
})

test('the page follows a dark system', async () => {
  const { page, complaints } = await visit('dark')
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(
    'rgb(28, 32, 34)',
  )
  await page.locator('#operations-Tokens-issueToken .opblock-summary').click()
  await page.screenshot({ path: join(shots, 'swagger-dark.png') })
  expect(complaints).toEqual([])
})
