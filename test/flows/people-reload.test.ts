import { expect, test } from 'bun:test'
import {
  asksForPassword,
  authorize,
  goOn,
  type PeopleTokens,
  redeem,
  refresh,
  sendRefresh,
  startAuthorization,
  userinfo,
} from '../support/people/flow.ts'
import { siteOfServer } from '../support/people/sites.ts'
import {
  programs,
  type RunningServer,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { ada, grace, newBrowser, peopleYaml, web } from './people-setup.ts'

const tenant = 'acme'

/** Reloads config.yaml, and waits until only workers with the new one are left. */
async function reload(server: RunningServer, folder: string, yaml: string): Promise<void> {
  await writeConfig(folder, yaml)
  const reloads = () => server.output().match(/"message":"reloaded"/g)?.length ?? 0
  const before = reloads()
  server.kill('SIGHUP')
  await waitFor('the reload is done', () => reloads() > before)
  const children = async () => {
    const text = await Bun.file(`/proc/${server.pid}/task/${server.pid}/children`).text()
    return text.trim().split(' ').filter(Boolean).length
  }
  await waitFor('the old workers are gone', async () => (await children()) === 2)
}

test('two workers reload config.yaml: who is gone from it has nothing left, the others go on, and redirect URIs are the new ones', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, peopleYaml)
    const server = await startServer(programs.executable, { folder, args: ['--workers', '2'] })
    await waitFor('all are ready', () => server.output().includes('workers are ready'))
    const site = siteOfServer(server)
    const signInAs = async (credentials: typeof grace) => {
      const browser = newBrowser(site)
      const code = await authorize(browser, { tenant, client: web, credentials })
      return { browser, tokens: await redeem(site, tenant, web, code) }
    }
    const ofAda = await signInAs(ada)
    const ofGrace = await signInAs(grace)
    const pending = await authorize(ofGrace.browser, { tenant, client: web })
    const browser = newBrowser(site)
    const open = startAuthorization(site.origin, tenant, web)
    const form = await browser.open(open.url)

    const moved = { ...web, redirectUri: 'https://app.example.com/moved' }
    const yaml = peopleYaml
      .replaceAll(/^ {6}ada:.*\n/gm, '')
      .replaceAll(`redirect_uris: ['${web.redirectUri}']`, `redirect_uris: ['${moved.redirectUri}']`)
      .replaceAll('email: grace@example.com', 'email: grace@example.org, name: Grace Hopper')
    await reload(server, folder, yaml)

    const isOver = async ({ access_token, refresh_token = '' }: PeopleTokens) => {
      expect((await userinfo(site, tenant, access_token)).status).toBe(401)
      const answer = await sendRefresh(site, tenant, web, refresh_token)
      expect([answer.status, (await answer.json()).error]).toEqual([400, 'invalid_grant'])
    }
    await isOver(ofAda.tokens)
    const again = await ofAda.browser.open(startAuthorization(site.origin, tenant, moved).url)
    expect(asksForPassword(again)).toBe(true)

    const info = await userinfo(site, tenant, ofGrace.tokens.access_token)
    expect(await info.json()).toMatchObject({ email: 'grace@example.org', name: 'Grace Hopper' })
    await refresh(site, tenant, web, ofGrace.tokens.refresh_token ?? '')
    // A code that was on its way is redeemed; a request that was open does not go on to where it no longer may.
    await redeem(site, tenant, web, pending)
    const ended = await goOn(browser, form, { ...grace, username: 'grace@example.org' })
    expect([ended.leftTo, ended.status]).toEqual([undefined, 400])
    const refused = await newBrowser(site).open(startAuthorization(site.origin, tenant, web).url)
    expect([refused.leftTo, refused.status]).toEqual([undefined, 400])
    await redeem(site, tenant, moved, await authorize(ofGrace.browser, { tenant, client: moved }))

    await reload(server, folder, peopleYaml.replaceAll('oidc: {}', 'oidc: { session_idle: 1h }'))
    // The ids of people come from tenant and key: who comes back is the same one, with what was left of it.
    const back = await userinfo(site, tenant, ofAda.tokens.access_token)
    expect(back.status).toBe(200)
    expect(await server.stop()).toBe(0)
  }))
