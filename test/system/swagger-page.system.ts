import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { programs, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'
import { authorize, execute, openAuthorize, openBrowser, shoot, visit } from './swagger/page-kit.ts'

const client = { id: 'my-service', secret: 'browser-test-secret' }
const yaml = `
admin: { tenant: ops }
tenants:
  ops: { name: Operations, oauth2: {}, signing: { algorithm: ES256 } }
  acme:
    name: Acme
    oauth2: { scopes: { 'api:read': Read access, 'api:write': Write access } }
    api_keys: { allowed_scopes: ['api:read'] }
    signing: { algorithm: ES256 }
    clients: { ${client.id}: { secret: ${client.secret}, scopes: ['api:read', 'api:write', 'api-keys:manage', 'api-keys:manage:all', 'grantd:admin'] } }
  beta: { name: Beta, oauth2: { scopes: { 'beta:read': Read beta } }, signing: { algorithm: ES256 } }
`

let folder: string
let server: RunningServer
let browser: Browser
let url: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-browser-'))
  await writeConfig(folder, yaml)
  server = await startServer(programs.executable, { folder })
  url = `${server.url}/swagger`
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  expect(await server?.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

const tenantOf = (page: Page) =>
  page.locator('#operations-Discovery-listStrategies tr[data-param-name=tenant] input').inputValue()

test('Authorize gets a real token and Try it out then calls the protected resource, offline and without complaints', async () => {
  const { page, complaints } = await visit(browser, url)
  await shoot(page, 'swagger-light')
  await authorize(page, client, ['api:read', 'api:write'])
  const { status, text } = await execute(page, 'Tokens-getProtectedResource')
  expect(status).toBe('200')
  expect(text).toContain(`"client_id": "${client.id}"`)
  expect(text).toContain('"api:write"')
  await page.locator('#operations-Tokens-getProtectedResource').scrollIntoViewIfNeeded()
  await shoot(page, 'swagger-executed')
  expect(complaints).toEqual([])
})

test('the page begins with a tenant that is not the admin one, and another one can be chosen', async () => {
  const { page, complaints } = await visit(browser, url)
  expect((await execute(page, 'Discovery-listStrategies')).status).toBe('200')
  expect(await tenantOf(page)).toBe('acme')
  const field = page.getByLabel('Tenant', { exact: true })
  expect(await field.inputValue()).toBe('acme')
  await field.fill('beta')
  await field.press('Enter')
  await page.waitForURL(/\/swagger\?tenant=beta/)
  // The operation that was open is open again.
  await page.locator('#operations-Discovery-listStrategies button.execute').waitFor()
  const { text } = await execute(page, 'Discovery-listStrategies')
  expect(await tenantOf(page)).toBe('beta')
  expect(text).toContain('"tenant_id": "beta"')
  const form = await openAuthorize(page, 'Token URL')
  expect(await form.textContent()).toContain('beta:read')
  expect(complaints).toEqual([])
})

test('Authorize opens at the form that gets a token, with the cursor in it', async () => {
  for (const width of [390, 1280]) {
    const { page } = await visit(browser, url, { width, height: 844 })
    const form = await openAuthorize(page, 'Token URL')
    const id = form.getByLabel('client_id:')
    await id.waitFor()
    const seen = await page.locator('.modal-ux-content').evaluate((content) => content.scrollTop)
    expect([width, seen]).toEqual([width, 0])
    expect(await id.evaluate((input) => input === input.ownerDocument.activeElement)).toBe(true)
    await shoot(page, `swagger-authorize-${width}`)
  }
})

test('what was authorized is shown, though its form has become shorter', async () => {
  for (const width of [390, 1280]) {
    const { page } = await visit(browser, url, { width, height: 844 })
    const form = await openAuthorize(page, 'Token URL')
    await form.getByLabel('client_id:').fill(client.id)
    await form.getByLabel('client_secret:').fill('not-the-secret')
    await form.locator('button.authorize').click()
    await form.getByText('invalid_client').waitFor()
    await form.getByLabel('client_secret:').fill(client.secret)
    await form.locator('button.authorize').click()
    const said = form.getByText('Authorized', { exact: true })
    await said.waitFor()
    const hidden = await said.evaluate((element) => {
      const window = element.closest('.modal-ux-content')?.getBoundingClientRect()
      const { top, bottom } = element.getBoundingClientRect()
      return !window || top < window.top || bottom > window.bottom
    })
    expect([width, hidden]).toEqual([width, false])
    await shoot(page, `swagger-authorized-${width}`)
  }
})

test('at 390 pixels no button covers the answer or the command of curl', async () => {
  const { page } = await visit(browser, url, { width: 390, height: 844 })
  await execute(page, 'Tokens-issueToken')
  const operation = page.locator('#operations-Tokens-issueToken .responses-wrapper')
  const covered = await operation.evaluate((element) => {
    const buttons = [...element.querySelectorAll('.download-contents, .copy-to-clipboard')]
    const words = [...element.querySelectorAll('pre code span')].filter((span) => span.textContent?.trim())
    return buttons.flatMap((button) => {
      const box = button.getBoundingClientRect()
      return words
        .filter((word) => button.parentElement?.contains(word))
        .filter((word) =>
          [...word.getClientRects()].some((line) => line.bottom > box.top + 1 && line.top < box.bottom - 1),
        )
        .map((word) => word.textContent)
    })
  })
  expect(covered).toEqual([])
})

test('Execute sends what was filled in and nothing else', async () => {
  const { page } = await visit(browser, url)
  await page.locator('#operations-Tokens-introspectToken .opblock-summary').click()
  const fields = page.locator(
    '#operations-Tokens-introspectToken .opblock-section-request-body input[type=text]',
  )
  await fields.first().waitFor()
  const filled = await fields.evaluateAll((inputs) => inputs.map((input) => Object(input).value))
  expect(filled.length).toBeGreaterThan(3)
  expect(filled.filter((value) => value !== '')).toEqual([])
  const sent = page.waitForRequest((request) => request.method() === 'POST')
  await execute(page, 'Tokens-issueToken')
  expect((await sent).postData()).toBe('grant_type=client_credentials')
})

test('a wrong secret is an answer on the page, and no window of the browser asks for a password', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  const asked: string[] = []
  cdp.on('Fetch.authRequired', ({ requestId, request }) => {
    asked.push(request.url)
    void cdp.send('Fetch.continueWithAuth', { requestId, authChallengeResponse: { response: 'CancelAuth' } })
  })
  cdp.on('Fetch.requestPaused', ({ requestId }) => void cdp.send('Fetch.continueRequest', { requestId }))
  await cdp.send('Fetch.enable', { handleAuthRequests: true })
  await page.goto(url)
  const form = await openAuthorize(page, 'form-encoded')
  await form.locator('input[name=username]').fill(client.id)
  await form.locator('input[name=password]').fill('not-the-secret')
  await form.locator('button.authorize').click()
  await page.locator('button.btn-done').first().click()
  const { status, text } = await execute(page, 'Tokens-issueToken')
  expect([status, asked]).toEqual(['401', []])
  expect(text).toContain('invalid_client')
  await context.close()
})

/** What sticks out of the window, of what is not inside something that can be scrolled. */
function findCutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isScrolled = (element: Element): boolean => {
      const parent = element.parentElement
      if (!parent || parent === document.body) return false
      return /auto|scroll/.test(getComputedStyle(parent).overflowX) || isScrolled(parent)
    }
    return [...document.body.querySelectorAll('*')]
      .filter((element) => {
        const { left, right, width } = element.getBoundingClientRect()
        return width > 0 && (right > innerWidth + 1 || left < -1) && !isScrolled(element)
      })
      .map((element) => `${element.tagName}.${element.getAttribute('class')}`)
  })
}

test.each([390, 1280])(
  'at %d pixels nothing is cut off, whatever is opened, and each operation shows three errors at most',
  async (width) => {
    const { page, complaints } = await visit(browser, url, { width, height: 844 })
    expect(await findCutOff(page)).toEqual([])
    // All in one go: a mouse waits for the page to be still before each click, and this page is long.
    const opened = await page.locator('.opblock-summary-control').evaluateAll((summaries) => {
      for (const summary of summaries) if (summary instanceof HTMLElement) summary.click()
      return summaries.length
    })
    expect(opened).toBeGreaterThan(40)
    await page
      .locator('.opblock .responses-wrapper')
      .nth(opened - 1)
      .waitFor()
    expect(await findCutOff(page)).toEqual([])
    for (const operation of await page.locator('.opblock').all()) {
      const shown = await operation.locator('.responses-table .response-col_status').allTextContents()
      const errors = shown.filter((status) => /^[45]\d\d/.test(status))
      expect([await operation.getAttribute('id'), errors.length <= 3]).toEqual([
        await operation.getAttribute('id'),
        true,
      ])
    }
    await page.locator('#operations-Tokens-issueToken').scrollIntoViewIfNeeded()
    await shoot(page, `swagger-open-${width}`)
    expect(complaints).toEqual([])
  },
)

test('a tenant that is not there is said on the page', async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(`${url}?tenant=nobody`)
  await page.getByText('Failed to load API definition').waitFor()
  await page.getByText('Not Found').first().waitFor()
  await context.close()
})

test('the page follows a dark system', async () => {
  const { page, complaints } = await visit(browser, url, { colorScheme: 'dark' })
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(
    'rgb(28, 32, 34)',
  )
  await page.locator('#operations-Tokens-issueToken .opblock-summary').click()
  await shoot(page, 'swagger-dark')
  expect(complaints).toEqual([])
})
