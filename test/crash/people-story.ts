import { expect } from 'bun:test'
import { Browser, type Site } from '../support/people/browser.ts'
import {
  authorize,
  decide,
  type PeopleTokens,
  postAs,
  type Relying,
  type Returned,
  redeem,
  refresh,
  sendCode,
  sendRefresh,
  signIn,
  tokensOf,
} from '../support/people/flow.ts'
import { siteOfServer } from '../support/people/sites.ts'
import { longTimesYaml } from '../support/postgres-times.ts'
import { type Program, type RunningServer, startServer, writeConfig } from '../support/spawn-server.ts'
import type { CrashOptions } from './story.ts'

/**
 * A server is killed again and again while codes are redeemed and refresh tokens are rotated. Then no code and no refresh token works twice,
 * what was answered works, what was not answered can be tried again, and nobody has to sign in anew.
 */

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const origin = 'http://localhost:3000'
const ada = { username: 'ada', password: 'correct horse battery' }
const web: Relying = {
  clientId: 'web',
  secret: 'a-secret-of-the-crash-test',
  redirectUri: 'https://app.example/cb',
}

// The grace outlasts a slow start of the server.
const config = `
${longTimesYaml}
server: { public_url: '${origin}' }
tenants:
  acme:
    name: Acme
    oauth2: { authorization_code_ttl: 10m, refresh_token_grace: 5m }
    oidc: {}
    signing: { algorithm: ES256 }
    users:
      ada: { email: ada@example.com, password: ${ada.password} }
    clients:
      web:
        secret: ${web.secret}
        grant_types: [authorization_code, refresh_token, '${deviceGrant}']
        redirect_uris: ['${web.redirectUri}']
        consent: skip
`

/** How many codes and how many refresh tokens are on their way when the server is killed. */
const atOnce = 8

/** A code that was sent, and what came back; undefined: no answer. */
interface SentCode {
  readonly code: Returned
  readonly tokens: PeopleTokens | undefined
}

/** A refresh token that was sent, and the one that came back. */
interface SentRefresh {
  readonly old: string
  readonly next: string | undefined
}

/** The code of a device that a person allowed, and what came back. */
interface SentDevice {
  readonly deviceCode: string
  readonly tokens: PeopleTokens | undefined
}

interface Sent {
  readonly devices: readonly SentDevice[]
  readonly codes: readonly SentCode[]
  readonly refreshes: readonly SentRefresh[]
  readonly browser: Browser
}

export interface PeopleReport {
  /** Answered before the kill. */
  answered: number
  /** Codes without an answer that were used all the same, and those that were not. */
  used: number
  unused: number
  /** Refresh tokens without an answer. All of them worked again. */
  retried: number
}

/** Kills and starts the server `rounds` times, each time in the middle of its answers. */
export async function crashPeople(program: Program, options: CrashOptions): Promise<PeopleReport> {
  const { folder, rounds, env = {} } = options
  await writeConfig(folder, config)
  const report = { answered: 0, used: 0, unused: 0, retried: 0 }
  const first = new Browser({ origin, send: () => Promise.reject(new Error('no server yet')) })
  let sent: Sent | undefined
  for (let round = 0; round <= rounds; round++) {
    const server = await startServer(program, { folder, env })
    const site = siteOfServer(server, origin)
    first.through(site)
    if (round === 0) await signIn(first, 'acme', ada)
    if (sent) await check(site, sent, report)
    await expectSignedIn(first)
    if (round === rounds) expect(await server.stop()).toBe(0)
    else sent = await sendAndKill(server, first, 1 + ((round * 7) % (4 * atOnce)))
  }
  return report
}

/**
 * Kills the server as soon as `answers` of the requests are answered. Who refreshed a token refreshes the next one: a server that is
 * faster than its clients has answered all that was sent at once before any of them can kill it.
 */
async function sendAndKill(server: RunningServer, first: Browser, answers: number): Promise<Sent> {
  const site = siteOfServer(server, origin)
  const browser = new Browser(site)
  await signIn(browser, 'acme', ada)
  const codes = await makeCodes(first, 2 * atOnce)
  const families = await Promise.all(codes.splice(atOnce).map((code) => redeem(site, 'acme', web, code)))
  const devices = [await allowDevice(first, site), await allowDevice(first, site)]
  let done = 0
  let isKilled = false
  /** Undefined for a request that the kill cut off: that is what this test is about. */
  const answer = async (request: Promise<Response>): Promise<PeopleTokens | undefined> => {
    const tokens = await request.then(tokensOf).catch(() => undefined)
    if (tokens && ++done === answers) {
      server.kill('SIGKILL')
      isKilled = true
    }
    return tokens
  }
  const refreshOn = async (old: string): Promise<SentRefresh> => {
    const next = (await answer(sendRefresh(site, 'acme', web, old)))?.refresh_token
    return next === undefined || isKilled ? { old, next } : refreshOn(next)
  }
  const redeeming = codes.map(async (code) => ({
    code,
    tokens: await answer(sendCode(site, 'acme', web, code)),
  }))
  const refreshing = families.map(({ refresh_token = '' }) => refreshOn(refresh_token))
  const polling = devices.map(async (deviceCode) => ({
    deviceCode,
    tokens: await answer(sendPoll(site, deviceCode)),
  }))
  const sent = {
    codes: await Promise.all(redeeming),
    refreshes: await Promise.all(refreshing),
    devices: await Promise.all(polling),
    browser,
  }
  await server.exited
  return sent
}

async function makeCodes(browser: Browser, count: number): Promise<Returned[]> {
  const codes: Returned[] = []
  while (codes.length < count) {
    const parameters = { scope: 'openid offline_access', prompt: 'none' }
    codes.push(await authorize(browser, { tenant: 'acme', client: web, parameters }))
  }
  return codes
}

/** The device code of a device that the person has allowed. */
async function allowDevice(browser: Browser, site: Site): Promise<string> {
  const path = '/api/v1/tenant/acme/oauth/device_authorization'
  const asked = await postAs(site, path, web, { scope: 'openid offline_access' })
  const { device_code, user_code } = await asked.json()
  const page = await browser.submit(await browser.open(`/device?user_code=${user_code}`), {})
  await decide(browser, page)
  return device_code
}

function sendPoll(site: Site, device_code: string): Promise<Response> {
  const form = { grant_type: deviceGrant, device_code }
  return postAs(site, '/api/v1/tenant/acme/oauth/token', web, form)
}

async function check(
  site: Site,
  { codes, refreshes, devices, browser }: Sent,
  report: PeopleReport,
): Promise<void> {
  for (const [at, sent] of codes.entries()) await checkCode(site, sent, { at, report })
  for (const [at, sent] of refreshes.entries()) await checkRefresh(site, sent, { at, report })
  for (const sent of devices) await checkDevice(site, sent, report)
  await expectSignedIn(browser.through(site))
}

interface Checking {
  readonly at: number
  readonly report: PeopleReport
}

async function checkCode(site: Site, { code, tokens }: SentCode, { at, report }: Checking): Promise<void> {
  const again = async () => (await sendCode(site, 'acme', web, code)).status
  if (!tokens) {
    // Whether it was used or not, it works once more at most.
    const status = await again()
    expect([200, 400]).toContain(status)
    if (status === 200) report.unused++
    else report.used++
    expect(await again()).toBe(400)
    return
  }
  report.answered++
  const { refresh_token = '' } = tokens
  // A replay ends what came of the code, so either the one or the other is tried.
  if (at % 2 === 0) await refresh(site, 'acme', web, refresh_token)
  else {
    expect(await again()).toBe(400)
    expect(await isGood(site, refresh_token)).toBe(false)
  }
}

async function checkDevice(
  site: Site,
  { deviceCode, tokens }: SentDevice,
  report: PeopleReport,
): Promise<void> {
  const again = async () => (await sendPoll(site, deviceCode)).status
  if (tokens) {
    report.answered++
    expect(await again()).toBe(400)
    return
  }
  const status = await again()
  expect([200, 400]).toContain(status)
  if (status === 200) report.unused++
  else report.used++
  expect(await again()).toBe(400)
}

async function checkRefresh(site: Site, { old, next }: SentRefresh, { at, report }: Checking): Promise<void> {
  if (next === undefined) report.retried++
  else report.answered++
  // Without an answer the honest client tries again, and gets the token that it missed.
  const current = next ?? (await refresh(site, 'acme', web, old)).refresh_token ?? ''
  const { refresh_token = '' } = await refresh(site, 'acme', web, current)
  if (at % 2 === 0) {
    expect(await isGood(site, refresh_token)).toBe(true)
    return
  }
  // Its successor was used, so the old one is a reuse, which ends the family.
  expect(await isGood(site, old)).toBe(false)
  expect(await isGood(site, refresh_token)).toBe(false)
}

async function isGood(site: Site, refreshToken: string): Promise<boolean> {
  return (await sendRefresh(site, 'acme', web, refreshToken)).status === 200
}

async function expectSignedIn(browser: Browser): Promise<void> {
  const page = await browser.open('/api/v1/tenant/acme/login')
  expect(page.url.pathname).toBe('/api/v1/tenant/acme/account')
}
