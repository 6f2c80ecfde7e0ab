import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { programs, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'
import { authorize, execute, openBrowser, shoot, visit } from './swagger/page-kit.ts'

const client = { id: 'your-client-id', secret: 'browser-test-secret' }

let folder: string
let server: RunningServer
let browser: Browser
let url: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-browser-'))
  const yaml = await Bun.file(resolve(import.meta.dir, '../../config.yaml')).text()
  await writeConfig(folder, yaml.replace('your-client-secret', client.secret))
  server = await startServer(programs.executable, { folder })
  url = `${server.url}/swagger`
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  expect(await server?.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

test('Authorize gets a real token and Try it out then calls the protected resource, offline and without complaints', async () => {
  const { page, complaints } = await visit(browser, url)
  await shoot(page, 'swagger-light')
  await authorize(page, client)
  const { status, text } = await execute(page, 'Tokens-getProtectedResource')
  expect(status).toBe('200')
  expect(text).toContain('"client_id": "your-client-id"')
  expect(text).toContain('"api:write"')
  await page.locator('#operations-Tokens-getProtectedResource').scrollIntoViewIfNeeded()
  await shoot(page, 'swagger-executed')
  expect(complaints).toEqual([])
})

test('the tenant can be chosen, and its default is one that exists', async () => {
  const { page, complaints } = await visit(browser, url)
  const { status } = await execute(page, 'Discovery-listStrategies')
  expect(status).toBe('200')
  const field = page.locator('#operations-Discovery-listStrategies tr[data-param-name=tenant] input')
  expect(await field.inputValue()).toBe('test-tenant')
  expect(complaints).toEqual([])
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
