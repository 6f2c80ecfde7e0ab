import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { createApp } from '../../src/app.ts'
import { ada, type SignInApp, signInConfig, startSignInApp } from '../endpoints/people/sign-in-kit.ts'
import { waitFor } from '../support/wait-for.ts'
import { openBrowser } from './swagger/page-kit.ts'

/** What Chromium makes of the policy of the pages: where a form may lead, and the one script. */

type Listener = ReturnType<typeof Bun.serve>

let browser: Browser
let kit: SignInApp
let home: Listener
let client: Listener
let server: Listener
/** The last request to the client. */
let seen = ''

beforeAll(async () => {
  home = listen(
    () => new Response('<!doctype html><title>Home</title>', { headers: { 'Content-Type': 'text/html' } }),
  )
  // A client that sends people from its callback to another origin, as a proxy with one login for many apps does.
  client = listen(async (request) => {
    const { search } = new URL(request.url)
    seen = `${request.method} ${search || `?${await request.text()}`}`
    return Response.redirect(`http://localhost:${home.port}/home`, 302)
  })
  let answer: (request: Request) => Response | Promise<Response> = () => new Response()
  server = listen((request) => answer(request))
  const config = signInConfig
    .replace('https://careful.example/cb', `http://127.0.0.1:${client.port}/cb`)
    .replace('https://first.example/cb', 'com.example.first:/cb')
  kit = await startSignInApp({}, `server: { public_url: 'http://127.0.0.1:${server.port}' }\n${config}`)
  const handle = createApp(kit.app.deps)
  answer = (request) => handle(request, { address: () => '127.0.0.1' })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await kit.app.close()
  await Promise.all([home, client, server].map((listener) => listener.stop(true)))
})

function listen(fetch: (request: Request) => Response | Promise<Response>): Listener {
  return Bun.serve({ port: 0, hostname: '127.0.0.1', fetch })
}

function urlOf(more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    client_id: 'careful',
    redirect_uri: `http://127.0.0.1:${client.port}/cb`,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    state: 'the-state',
    ...more,
  })
  return `http://127.0.0.1:${server.port}/api/v1/tenant/acme/oauth/authorize?${query}`
}

/** A new browser window at a URL, with the complaints of its pages about the policy. */
async function open(url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await browser.newContext()).newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(message.text())
  })
  await page.goto(url)
  return { page, complaints }
}

async function signIn(page: Page): Promise<void> {
  await page.fill('[name=username]', ada.username)
  await page.fill('[name=password]', ada.password)
  await page.keyboard.press('Enter')
}

/** A double click ends the way of its first click. The browser tells such a wait as an error, so this one looks where the page is. */
const atHome = (page: Page) => waitFor('home', () => page.url() === `http://localhost:${home.port}/home`)

test('a double click on Allow leads by the client to another origin, and nothing stops it on the way', async () => {
  const { page, complaints } = await open(urlOf())
  await signIn(page)
  await page.waitForSelector('[name=decision]')
  await Promise.all([atHome(page), page.dblclick('[value=allow]')])
  expect(seen).toMatch(/^GET \?code=[\w-]{43}&state=the-state&iss=/)
  expect(complaints).toEqual([])
})

test('form_post posts itself, and its client may send people on too', async () => {
  const { page, complaints } = await open(urlOf({ response_mode: 'form_post' }))
  await signIn(page)
  await page.waitForSelector('[name=decision]')
  await Promise.all([atHome(page), page.click('[value=allow]')])
  expect(seen).toMatch(/^POST \?code=[\w-]{43}&state=the-state&iss=/)
  expect(complaints).toEqual([])
})

test('a form of another site begins a login with the session of the browser', async () => {
  const { page } = await open(urlOf())
  await signIn(page)
  await page.waitForSelector('[name=decision]')
  await page.goto(`http://localhost:${home.port}/`)
  const [action = '', query] = urlOf().split('?')
  await page.evaluate(
    ([to = '', fields = '']) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: to })
      for (const [name, value] of new URLSearchParams(fields)) {
        form.append(Object.assign(document.createElement('input'), { name, value }))
      }
      document.body.append(form)
      form.submit()
    },
    [action, query],
  )
  await page.waitForSelector('[name=decision]')
  expect(page.url()).toContain('/consent?interaction=')
})

test('the scheme of an app may be left to', async () => {
  const { page, complaints } = await open(
    urlOf({ client_id: 'first', redirect_uri: 'com.example.first:/cb' }),
  )
  const left = new Promise<string>((resolve) => {
    page.on('response', (response) => {
      const location = response.headers()['location'] ?? ''
      if (location.startsWith('com.example.first:')) resolve(location)
    })
  })
  await signIn(page)
  expect(await left).toMatch(/^com\.example\.first:\/cb\?code=[\w-]{43}&state=the-state&iss=/)
  expect(complaints).toEqual([])
})
