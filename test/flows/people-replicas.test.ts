import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Site } from '../support/people/browser.ts'
import {
  asksForDecision,
  asksForPassword,
  authorize,
  decide,
  logIn,
  postAs,
  redeem,
  refresh,
  returned,
  sendCode,
  sendRefresh,
  startAuthorization,
  tenantPath,
  userinfo,
} from '../support/people/flow.ts'
import { siteOfServer } from '../support/people/sites.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import {
  programs,
  type RunningServer,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { ada, newBrowser, peopleYaml, peopleYamlBehindProxy, publicOrigin, web } from './people-setup.ts'

/** People at several replicas on one Postgres, behind one public URL, and at several workers on one port. */

const tenant = 'acme'
let postgres: PostgresServer

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.remove())

interface Replicas {
  readonly a: Site
  readonly b: Site
  readonly c: Site
  /** Runs a command beside them, on their storage. */
  command(...args: readonly string[]): Promise<string>
}

async function withReplicas(work: (replicas: Replicas) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const env = {
      GRANTD_STORAGE: await postgres.createDatabase(),
      GRANTD_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    }
    await writeConfig(folder, peopleYamlBehindProxy)
    const start = () => startServer(programs.executable, { folder, env })
    const servers: [RunningServer, RunningServer, RunningServer] = await Promise.all([
      start(),
      start(),
      start(),
    ])
    const [a, b, c] = servers.map((server) => siteOfServer(server, publicOrigin))
    if (!a || !b || !c) throw new Error('A replica is missing')
    const command: Replicas['command'] = async (...args) => {
      const done = await run(programs.executable, { folder, env, args })
      expect([done.code, done.err]).toEqual([0, ''])
      return done.out
    }
    await work({ a, b, c, command })
    for (const server of servers) expect(await server.stop()).toBe(0)
  })
}

const introspect = async (site: Site, token: string) =>
  (await postAs(site, `${tenantPath(tenant)}/oauth/introspect`, web, { token })).json()

test(
  'login at one replica, consent at another, the code redeemed at the third, and each knows what the others did',
  () =>
    withReplicas(async ({ a, b, c }) => {
      const browser = newBrowser(a)
      const started = startAuthorization(publicOrigin, tenant, web)
      const form = await browser.open(started.url)
      const consent = await logIn(browser.through(b), form, ada)
      expect(asksForDecision(consent)).toBe(true)
      const code = returned(started, await decide(browser.through(c), consent))
      const answers = await Promise.all([a, b, c, a, b, c].map((site) => sendCode(site, tenant, web, code)))
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400, 400, 400])
      // Five replays have ended what came of the code; the browser is signed in at all of them.
      const again = await authorize(browser.through(a), { tenant, client: web })
      const tokens = await redeem(b, tenant, web, again)
      expect(await introspect(c, tokens.access_token)).toMatchObject({ active: true })
      const next = await refresh(c, tenant, web, tokens.refresh_token ?? '')
      // The retry at another replica, and both at once.
      const retries = await Promise.all(
        [a, b].map((site) => refresh(site, tenant, web, tokens.refresh_token ?? '')),
      )
      expect(retries.map(({ refresh_token }) => refresh_token)).toEqual([
        next.refresh_token,
        next.refresh_token,
      ])
      await refresh(a, tenant, web, next.refresh_token ?? '')
      // Its successor was used: now it is a theft.
      expect((await sendRefresh(b, tenant, web, tokens.refresh_token ?? '')).status).toBe(400)
      expect(await introspect(c, next.access_token)).toEqual({ active: false })
      expect((await userinfo(a, tenant, next.access_token)).status).toBe(401)
    }),
  60_000,
)

test(
  'twenty refreshes of one token at three replicas at once leave one successor, which works',
  () =>
    withReplicas(async ({ a, b, c }) => {
      const code = await authorize(newBrowser(a), { tenant, client: web, credentials: ada })
      const { refresh_token = '' } = await redeem(b, tenant, web, code)
      const sites = Array.from({ length: 20 }, (_, at) => [a, b, c][at % 3] ?? a)
      const answers = await Promise.all(sites.map((site) => refresh(site, tenant, web, refresh_token)))
      const next = new Set(answers.map((answer) => answer.refresh_token))
      expect(next.size).toBe(1)
      await refresh(c, tenant, web, [...next][0] ?? '')
    }),
  60_000,
)

test(
  'a sign-out at one replica ends the session and its tokens at the others at once',
  () =>
    withReplicas(async ({ a, b, c }) => {
      const browser = newBrowser(a)
      const tokens = await redeem(
        a,
        tenant,
        web,
        await authorize(browser, { tenant, client: web, credentials: ada }),
      )
      expect((await userinfo(c, tenant, tokens.access_token)).status).toBe(200)
      await browser.through(b).open(`${tenantPath(tenant)}/oauth/logout?id_token_hint=${tokens.id_token}`)
      expect((await userinfo(c, tenant, tokens.access_token)).status).toBe(401)
      expect((await sendRefresh(a, tenant, web, tokens.refresh_token ?? '')).status).toBe(400)
      const started = startAuthorization(publicOrigin, tenant, web, { prompt: 'none' })
      expect((await browser.through(c).open(started.url)).leftTo?.searchParams.get('error')).toBe(
        'login_required',
      )
    }),
  60_000,
)

test(
  'who is disabled has nothing left at any replica, at once; who chose a password by a link is let in',
  () =>
    withReplicas(async ({ a, b, c, command }) => {
      const email = 'hedy@example.com'
      const { link } = JSON.parse(
        await command('user', 'add', '--tenant', tenant, '--email', email, '--json'),
      )
      const browser = newBrowser(a)
      const chosen = await browser.open(link)
      const password = 'the password that hedy chose'
      const done = await browser.through(b).submit(chosen, { password })
      expect(done.status).toBe(200)
      const credentials = { username: email, password }
      const code = await authorize(newBrowser(c), { tenant, client: web, credentials })
      const tokens = await redeem(a, tenant, web, code)
      expect(await introspect(b, tokens.access_token)).toMatchObject({ active: true })
      await command('user', 'disable', '--tenant', tenant, '--email', email)
      for (const site of [a, b, c]) {
        expect(await introspect(site, tokens.access_token)).toEqual({ active: false })
        expect((await sendRefresh(site, tenant, web, tokens.refresh_token ?? '')).status).toBe(400)
        const fresh = newBrowser(site)
        const form = await fresh.open(startAuthorization(publicOrigin, tenant, web).url)
        expect((await logIn(fresh, form, credentials)).status).toBe(401)
      }
    }),
  60_000,
)

test('three workers on one port: each request may meet another one', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, peopleYaml)
    const server = await startServer(programs.executable, { folder, args: ['--workers', '3'] })
    await waitFor('all are ready', () => server.output().includes('workers are ready'))
    const site = siteOfServer(server)
    const browsers = Array.from({ length: 6 }, () => newBrowser(site))
    const all = await Promise.all(
      browsers.map(async (browser) => {
        const tokens = await redeem(
          site,
          tenant,
          web,
          await authorize(browser, { tenant, client: web, credentials: ada }),
        )
        return { browser, next: await refresh(site, tenant, web, tokens.refresh_token ?? '') }
      }),
    )
    const statuses = await Promise.all(
      all.map(async ({ next }) => (await userinfo(site, tenant, next.access_token)).status),
    )
    expect(statuses).toEqual(statuses.map(() => 200))
    const [first] = all
    if (!first) throw new Error('There is no browser')
    await first.browser.open(`${tenantPath(tenant)}/oauth/logout?id_token_hint=${first.next.id_token}`)
    const after = await Promise.all(
      Array.from({ length: 12 }, async () => (await userinfo(site, tenant, first.next.access_token)).status),
    )
    expect(new Set(after)).toEqual(new Set([401]))
    expect(asksForPassword(await first.browser.open(startAuthorization(site.origin, tenant, web).url))).toBe(
      true,
    )
    expect(await server.stop()).toBe(0)
  }))
