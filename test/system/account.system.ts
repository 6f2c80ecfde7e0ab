import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { findFreePort } from '../support/free-port.ts'
import {
  programs,
  type RunningServer,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { openBrowser } from './swagger/page-kit.ts'

/**
 * The link for a password, the account page and the sign-out in a real browser, which sends Origin, Referer and cookies by its own rules. The
 * server is at localhost and the client at 127.0.0.1, which are two sites.
 */

const account = '/api/v1/tenant/people/account'
const logout = '/api/v1/tenant/people/oauth/logout'
const first = 'the first password of ada'
const second = 'the second password of ada'

/** A client, with a page whose form signs out by POST. */
const client: Bun.Server<undefined> = Bun.serve({
  ...{ hostname: '127.0.0.1', port: 0 },
  fetch: ({ url }) => {
    const { pathname, searchParams } = new URL(url)
    const form = `<form method="post" action="${searchParams.get('to')}">
      <input type="hidden" name="client_id" value="web">
      <input type="hidden" name="post_logout_redirect_uri" value="http://127.0.0.1:${client.port}/bye">
      <input type="hidden" name="state" value="a b&c"><button>Sign out</button></form>`
    const body = `<!doctype html><title>Client</title>${pathname === '/form' ? form : 'bye'}`
    return new Response(body, { headers: { 'Content-Type': 'text/html' } })
  },
})

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await client.stop(true)
})

const config = (port: number) => `
data_dir: data
server: { public_url: 'http://localhost:${port}' }
tenants:
  people:
    name: People
    signing: { algorithm: ES256 }
    oauth2: {}
    oidc: { sign_in: { help_url: 'http://127.0.0.1:${client.port}/help' } }
    clients:
      web:
        name: The app
        secret: web-secret-value-0123456789
        grant_types: [authorization_code]
        redirect_uris: ['http://127.0.0.1/callback']
        post_logout_redirect_uris: ['http://127.0.0.1:${client.port}/bye']
`

interface Window {
  readonly context: BrowserContext
  readonly page: Page
  /** What the console says, such as what a policy blocked. */
  readonly complaints: string[]
}

async function openWindow(): Promise<Window> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => void complaints.push(message.text()))
  return { context, page, complaints }
}

async function signIn(page: Page, origin: string, password: string): Promise<void> {
  await page.goto(`${origin}${account}`)
  await page.fill('[name=username]', 'ada@example.com')
  await page.fill('[name=password]', password)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**${account}`)
}

const headingSays = (page: Page, text: string) => page.waitForSelector(`h1:has-text("${text}")`)
const sessionsOf = (page: Page) => page.locator('section[aria-labelledby=sessions] li').count()

async function startPeople(folder: string): Promise<{ server: RunningServer; link: string }> {
  const port = await findFreePort()
  await writeConfig(folder, config(port))
  const server = await startServer(programs.executable, { folder, args: ['serve', '--port', String(port)] })
  const args = ['user', 'add', '--tenant', 'people', '--email', 'ada@example.com', '--json']
  const added = await run(programs.executable, { folder, args })
  expect([added.code, added.err]).toEqual([0, ''])
  return { server, link: JSON.parse(added.out).link }
}

async function choosePassword(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.fill('[name=password]', 'short')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[name=password][aria-invalid=true]')
  await page.fill('[name=password]', first)
  await page.keyboard.press('Enter')
  await headingSays(page, 'Your password is saved')
  await page.goto(link)
  await headingSays(page, 'This link no longer works')
}

async function changePassword(page: Page): Promise<void> {
  await page.fill('[name=current_password]', first)
  await page.fill('section[aria-labelledby=password-title] [name=password]', second)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account?done=password-changed')
}

/** The client posts from another site: the cookie comes with the redirect alone. */
async function signOutFromClient(page: Page, origin: string, decision: 'allow' | 'deny'): Promise<void> {
  await page.goto(`http://127.0.0.1:${client.port}/form?to=${origin}${logout}`)
  await page.click('button')
  await headingSays(page, 'Do you want to sign out?')
  expect(await page.textContent('main')).toContain('The app')
  await page.click(`button[value=${decision}]`)
}

test('a person chooses a password on a link, changes it, and signs out, with what browsers send', () =>
  withFolder(async (folder) => {
    const { server, link } = await startPeople(folder)
    const { origin } = new URL(link)
    const { page, context, complaints } = await openWindow()
    await choosePassword(page, link)
    await signIn(page, origin, first)
    const other = await openWindow()
    await signIn(other.page, origin, first)
    await page.reload()
    expect(await sessionsOf(page)).toBe(2)
    await changePassword(page)
    expect(await sessionsOf(page)).toBe(1)
    await other.page.reload()
    await other.page.waitForURL('**/login*')
    await signIn(other.page, origin, second)
    await signOutFromClient(page, origin, 'deny')
    await page.goto(`${origin}${account}`)
    expect(new URL(page.url()).pathname).toBe(account)
    await signOutFromClient(page, origin, 'allow')
    await page.waitForURL('**/bye?*')
    expect(new URL(page.url()).search).toBe('?state=a+b%26c')
    await page.goto(`${origin}${account}`)
    await page.waitForURL('**/login*')
    await other.page.click('button:has-text("Sign out everywhere")')
    await headingSays(other.page, 'You are signed out')
    // Chromium writes each answer of 4xx into the console.
    const blocked = [...complaints, ...other.complaints].filter((text) => !/status of 4\d\d/.test(text))
    expect(blocked).toEqual([])
    await context.close()
    await other.context.close()
    expect(await server.stop()).toBe(0)
  }))
