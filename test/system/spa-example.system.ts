import { expect, test } from 'bun:test'
import { chromium, type Page } from 'playwright-core'
import { ada, issuerOf, RunningExample, startExampleServer } from '../docs/sign-in-kit.ts'
import { findFreePort } from '../support/free-port.ts'
import { withFolder } from '../support/spawn-server.ts'

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
]

async function signIn(page: Page): Promise<void> {
  await page.click('#sign-in')
  await page.fill('input[name=username]', ada.username)
  await page.fill('input[name=password]', ada.password)
  await page.press('input[name=password]', 'Enter')
  await page.click('button[value=allow]')
}

test('the single-page app of the examples signs a person in, refreshes and signs out, in a browser', () =>
  withFolder(async (folder) => {
    const port = await findFreePort()
    const server = await startExampleServer(folder, { spa: port })
    const env = { PORT: String(port), GRANTD_ISSUER_URL: issuerOf(server) }
    await using app = new RunningExample(['node', 'spa/serve.mjs'], env)
    const url = await app.find(/listens on (\S+)/)
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
    try {
      const page = await browser.newPage()
      const faults: string[] = []
      page.on('pageerror', ({ message }) => faults.push(message))
      await page.goto(url)
      await signIn(page)
      await page.waitForSelector('text=Signed in as Ada Lovelace')
      expect(page.url()).toBe(`${url}/`)
      const refreshed = page.waitForResponse(/\/oauth\/token$/)
      await page.click('#refresh')
      expect((await refreshed).status()).toBe(200)
      await page.waitForSelector('text=Signed in as Ada Lovelace')
      await page.click('#sign-out')
      await page.waitForSelector('text=Nobody is signed in')
      // Signed out at grantd too: the password is asked for again.
      await page.click('#sign-in')
      await page.waitForSelector('input[name=password]')
      expect(faults).toEqual([])
    } finally {
      await browser.close()
    }
    expect(await server.stop()).toBe(0)
  }))

test('the single-page app refuses an answer that it did not ask for', () =>
  withFolder(async (folder) => {
    const port = await findFreePort()
    const server = await startExampleServer(folder, { spa: port })
    const env = { PORT: String(port), GRANTD_ISSUER_URL: issuerOf(server) }
    await using app = new RunningExample(['node', 'spa/serve.mjs'], env)
    const url = await app.find(/listens on (\S+)/)
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
    try {
      const page = await browser.newPage()
      await page.goto(`${url}/?code=injected&state=of-a-stranger&iss=${encodeURIComponent(issuerOf(server))}`)
      await page.waitForSelector('text=That did not work: The answer is not for us')
      await page.waitForSelector('#sign-in')
      expect(server.output()).not.toContain('/oauth/token')
    } finally {
      await browser.close()
    }
    expect(await server.stop()).toBe(0)
  }))
