import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'

const shots = resolve(import.meta.dir, '../../../dist/screenshots')

/** Debian's Chromium, which asks nobody but the pages that it opens. */
export async function openBrowser(): Promise<Browser> {
  await mkdir(shots, { recursive: true })
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export interface Visit {
  readonly page: Page
  /** Console errors, policy violations, failed requests and requests to other hosts. */
  readonly complaints: string[]
}

export interface VisitOptions {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
  /** Default 1400. */
  readonly height?: number
}

/** Opens a Swagger page, whatever path it has, in a browser that reaches no other host. */
export async function visit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
  const { colorScheme = 'light', width = 1280, height = 1400 } = options
  const context = await browser.newContext({ colorScheme, viewport: { width, height } })
  const page = await context.newPage()
  const complaints: string[] = []
  await page.route('**/*', (route) => {
    const { origin } = new URL(route.request().url())
    if (origin === new URL(url).origin) return route.continue()
    complaints.push(`request to ${origin}`)
    return route.abort()
  })
  page.on('console', (message) => {
    if (message.type() === 'error' || /content security policy/i.test(message.text()))
      complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
  await page.goto(url)
  await page.getByText('Get an access token', { exact: true }).waitFor()
  return { page, complaints }
}

/** Keeps a picture of what the window shows, for people: dist/screenshots/NAME.png. */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(shots, `${name}.png`) })
}

/** The form of a scheme in the window that Authorize opens; `mark` is a text that only it has. */
export async function openAuthorize(page: Page, mark: string): Promise<Locator> {
  await page.locator('.auth-wrapper > button.authorize').click()
  return page.locator('.auth-container').filter({ hasText: mark })
}

/** Has the page get a token with these scopes, by the OAuth 2.0 flow. */
export async function authorize(
  page: Page,
  client: { id: string; secret: string },
  scopes: readonly string[],
): Promise<void> {
  const form = await openAuthorize(page, 'Token URL')
  await form.getByLabel('client_id:').fill(client.id)
  await form.getByLabel('client_secret:').fill(client.secret)
  for (const scope of scopes) await form.locator('.scopes label').filter({ hasText: scope }).click()
  await shoot(page, 'swagger-authorize')
  await form.locator('button.authorize').click()
  await form.getByText('Authorized', { exact: true }).waitFor()
  await shoot(page, 'swagger-authorized')
  await page.locator('button.btn-done').first().click()
}

export interface Executed {
  readonly status: string
  readonly text: string
}

/** Opens an operation by its id, such as Tokens-issueToken, has it executed, and answers what the page shows. */
export async function execute(page: Page, id: string): Promise<Executed> {
  const operation = page.locator(`#operations-${id}`)
  if (!(await operation.getByRole('button', { name: 'Execute' }).isVisible())) {
    await operation.locator('.opblock-summary').click()
  }
  await operation.getByRole('button', { name: 'Execute' }).click()
  const live = operation.locator('.live-responses-table .response').first()
  await live.waitFor()
  return {
    status: ((await live.locator('.response-col_status').textContent()) ?? '').slice(0, 3),
    text: (await live.textContent()) ?? '',
  }
}
