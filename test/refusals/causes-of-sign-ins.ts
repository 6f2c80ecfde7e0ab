import { Browser, type Page } from '../support/people/browser.ts'
import { logIn, type Relying, startAuthorization, tenantPath } from '../support/people/flow.ts'
import { ada, type World, web } from './causes-kit.ts'
import type { Cause } from './causes-of-tokens.ts'

/** A browser whose requests have the id of the world. */
const tagged = ({ site, app, tagged: headers }: World) => new Browser(site, { now: app.deps.now, headers })

const start = (world: World, more: Readonly<Record<string, string>> = {}, client: Relying = web) =>
  tagged(world).open(startAuthorization(world.site.origin, 'acme', client, more).url)

/** The form to sign in, and the browser that has it. */
async function form(world: World): Promise<{ readonly browser: Browser; readonly page: Page }> {
  const browser = tagged(world)
  return { browser, page: await browser.open(startAuthorization(browser.origin, 'acme', web).url) }
}

async function tryTo(world: World, username: string, password: string): Promise<Page> {
  const { browser, page } = await form(world)
  return logIn(browser, page, { username, password })
}

/** Refusals of an authorization request or of a sign-in. */
export const signInCauses: readonly Cause[] = [
  {
    name: 'a redirect_uri that is not registered',
    act: (world) => start(world, { redirect_uri: 'https://app.example/cb/' }),
    ...{
      check: 'redirect_uri of the client',
      saw: /"https:\/\/app\.example\/cb\/" for the client "web"/,
      wanted: /app\.example\/cb, /,
    },
  },
  {
    name: 'an unknown client',
    act: (world) => start(world, {}, { ...web, clientId: 'nobody' }),
    ...{ check: 'client', saw: /no client of the tenant/, wanted: /active client/ },
  },
  {
    name: 'no PKCE',
    act: (world) => start(world, { code_challenge: '', code_challenge_method: '' }),
    ...{ check: 'PKCE', saw: /no code_challenge/, wanted: /S256/ },
  },
  {
    name: 'another response type',
    act: (world) => start(world, { response_type: 'token' }),
    ...{ check: 'response_type', saw: /"token"/, wanted: /code/ },
  },
  {
    name: 'a scope that the client does not have',
    act: (world) => start(world, { scope: 'openid api:write' }),
    ...{ check: 'scope', saw: /"api:write"/, wanted: /api:read/ },
  },
  {
    name: 'an unknown prompt',
    act: (world) => start(world, { prompt: 'maybe' }),
    ...{ check: 'prompt', saw: /a text of 5 characters/, wanted: /select_account/ },
  },
  {
    name: 'a client that has to push its requests',
    act: (world) => start(world, {}, { clientId: 'pushing', redirectUri: 'https://pushing.example/cb' }),
    ...{ check: 'pushed request', saw: /not pushed/, wanted: /request_uri/ },
  },
  {
    name: 'prompt=none while nobody is signed in',
    act: (world) => start(world, { prompt: 'none' }),
    ...{ check: 'prompt=none', saw: /nobody is signed in/, wanted: /without prompt=none/ },
  },
  {
    name: 'prompt=none and scopes that the person did not allow',
    act: async (world) => {
      const browser = tagged(world)
      await logIn(browser, await browser.open(`${tenantPath('acme')}/login`), ada)
      return browser.open(
        startAuthorization(browser.origin, 'acme', web, { prompt: 'none', scope: 'openid api:read' }).url,
      )
    },
    ...{ check: 'prompt=none', saw: /has not allowed this client/, wanted: /nobody has to be asked/ },
  },
  {
    name: 'an unknown person',
    act: (world) => tryTo(world, 'nobody-of-this-name', 'x-password'),
    ...{ check: 'sign-in', saw: /no person of the tenant has/, wanted: /username of a person/ },
  },
  {
    name: 'a wrong password',
    act: (world) => tryTo(world, ada.username, 'x-password'),
    ...{
      check: 'sign-in',
      saw: /another password than that of the person: /,
      wanted: /the password of the person/,
    },
  },
  {
    name: 'a person who is disabled',
    act: (world) => tryTo(world, 'gone', ada.password),
    ...{ check: 'sign-in', saw: /a person who is disabled: /, wanted: /active/ },
  },
  {
    name: 'a form with the csrf of another page',
    act: async (world) => {
      const { browser, page } = await form(world)
      return browser.submit(page, { ...ada, csrf: 'x'.repeat(43) })
    },
    ...{
      check: 'form of our page (CSRF)',
      saw: /another page or another person/,
      wanted: /this browser got it/,
    },
  },
  {
    name: 'an interaction of another browser',
    act: async (world) => {
      const { page } = await form(world)
      const other = tagged(world)
      await other.open(startAuthorization(other.origin, 'acme', web).url)
      return other.open(page.url)
    },
    ...{ check: 'interaction', saw: /another browser/, wanted: /this browser/ },
  },
  {
    name: 'a browser without cookies',
    act: async (world) => {
      const { page } = await form(world)
      return world.send(`${page.url.pathname}${page.url.search}`)
    },
    ...{ check: 'interaction', saw: /without our cookie/, wanted: /this browser/ },
  },
  {
    name: 'too many wrong passwords',
    act: async (world) => {
      for (let tries = 0; tries < 6; tries++) await tryTo({ ...world, tagged: {} }, 'bob', 'x-password')
      return tryTo(world, 'bob', 'x-password')
    },
    ...{
      check: 'limit of failed sign-ins',
      saw: /nothing was checked/,
      wanted: /the next attempt \d+ s later/,
    },
  },
]

/** For which the clock moves on. */
export const lateSignInCauses: readonly Cause[] = [
  {
    name: 'an interaction that is too old',
    act: async (world) => {
      const { browser, page } = await form(world)
      world.app.advance(660)
      return browser.open(page.url)
    },
    ...{ check: 'interaction', saw: /began at .*, 11 min ago/, wanted: /less than 10 min ago/ },
  },
]
