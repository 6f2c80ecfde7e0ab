import { expect } from 'bun:test'
import { Browser, type Page } from '../support/people/browser.ts'
import { logIn } from '../support/people/flow.ts'
import { siteOfServer } from '../support/people/sites.ts'
import { longTimesYaml } from '../support/postgres-times.ts'
import { type Program, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'
import type { CrashOptions } from './story.ts'

/**
 * A server is killed again and again while people choose passwords on their links. A link works once: what was answered is in force,
 * and what was not answered either happened whole or can be tried again. A password that was refused uses no link up.
 */

const origin = 'http://localhost:3000'
const root = { client_id: 'root', client_secret: 'root-secret-of-the-crash-test' }

const config = `
${longTimesYaml}
server: { public_url: '${origin}' }
admin: { tenant: ops }
limits: { enabled: false }
tenants:
  ops:
    name: Operations
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      root: { secret: ${root.client_secret}, scopes: ['grantd:admin'] }
  acme:
    name: Acme
    oauth2: {}
    oidc: {}
    signing: { algorithm: ES256 }
`

const path = '/api/v1/tenant/acme'
/** How many links are used when the server is killed. */
const atOnce = 4

/** A link that somebody used, and what came back; undefined: no answer. */
interface UsedLink {
  readonly email: string
  readonly link: string
  readonly password: string
  readonly answer: Page | undefined
}

export interface LinksReport {
  /** Answered before the kill. */
  answered: number
  /** Links without an answer that were used up all the same, and those that were not. */
  used: number
  unused: number
}

/** Kills and starts the server `rounds` times, each time while it sets passwords. */
export async function crashLinks(program: Program, options: CrashOptions): Promise<LinksReport> {
  const { folder, rounds, env = {} } = options
  await writeConfig(folder, config)
  const report = { answered: 0, used: 0, unused: 0 }
  let sent: readonly UsedLink[] = []
  for (let round = 0; round <= rounds; round++) {
    const server = await startServer(program, { folder, env })
    for (const each of sent) await check(server, each, report)
    if (round === rounds) expect(await server.stop()).toBe(0)
    else sent = await sendAndKill(server, { round, answers: round % (atOnce + 1) })
  }
  return report
}

/** Kills the server as soon as `answers` passwords are saved; for 0, as soon as they are sent. */
async function sendAndKill(
  server: RunningServer,
  { round, answers }: { readonly round: number; readonly answers: number },
): Promise<UsedLink[]> {
  const token = await adminToken(server)
  const forms: {
    readonly browser: Browser
    readonly page: Page
    readonly email: string
    readonly link: string
  }[] = []
  for (let index = 0; index < atOnce; index++) {
    const email = `person-${round}-${index}@example.com`
    const link = await makeLink(server, token, { email, isReset: index % 2 === 1 })
    const browser = new Browser(siteOfServer(server, origin))
    const page = await choose(browser, await browser.open(link), 'short')
    expect(page.status).toBe(400)
    forms.push({ browser, page, email, link })
  }
  let done = 0
  const sending = forms.map(async ({ browser, page, ...whose }, index): Promise<UsedLink> => {
    const password = `a long password of ${round} and ${index}`
    // Undefined for a request that the kill cut off: that is what this test is about.
    const answer = await choose(browser, page, password).catch(() => undefined)
    if (answer && ++done === answers) server.kill('SIGKILL')
    return { ...whose, password, answer }
  })
  if (answers === 0) server.kill('SIGKILL')
  const sent = await Promise.all(sending)
  await server.exited
  return sent
}

async function adminToken(server: RunningServer): Promise<string> {
  const form = new URLSearchParams({ ...root, grant_type: 'client_credentials', scope: 'grantd:admin' })
  const answer = await fetch(`${server.url}/api/v1/tenant/ops/oauth/token`, { method: 'POST', body: form })
  return (await answer.json()).access_token
}

/** The link of an invitation, or the one of a reset that follows it. */
async function makeLink(
  server: RunningServer,
  token: string,
  { email, isReset }: { readonly email: string; readonly isReset: boolean },
): Promise<string> {
  const post = async (place: string, body: object) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await fetch(`${server.url}/api/v1/admin/tenants/acme/users${place}`, init)
    expect(answer.ok).toBe(true)
    return answer.json()
  }
  const { sub, link } = await post('', { email })
  return isReset ? (await post(`/${sub}/reset`, {})).link : link
}

const choose = (browser: Browser, page: Page, password: string) => browser.submit(page, { password })

async function check(server: RunningServer, used: UsedLink, report: LinksReport): Promise<void> {
  const { email, link, password, answer } = used
  const browser = () => new Browser(siteOfServer(server, origin))
  const page = await browser().open(link)
  if (answer) {
    expect(answer.status).toBe(200)
    expect(page.status).toBe(400)
    report.answered++
  } else if (page.status === 200) {
    // Nothing happened: the password is not in force, and the link is good once more.
    expect(await statusOfSignIn(browser(), email, password)).toBe(401)
    const again = browser()
    expect((await choose(again, await again.open(link), password)).status).toBe(200)
    report.unused++
  } else report.used++
  expect((await browser().open(link)).status).toBe(400)
  expect(await statusOfSignIn(browser(), email, password)).toBe(200)
}

async function statusOfSignIn(browser: Browser, username: string, password: string): Promise<number> {
  return (await logIn(browser, await browser.open(`${path}/login`), { username, password })).status
}
