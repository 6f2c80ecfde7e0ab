import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type Claim, explainError } from '../claims.ts'
import { type App, defaultPaths, type Paths, person, type Setup, type Step, steps } from './app.ts'
import { startPeopleServers } from './servers.ts'

/**
 * `bun drive.ts FOLDER [CLIENT ...]`: starts each program of FOLDER/apps.ts in turn, has a real Chromium sign in, refresh, ask userinfo
 * and sign out with it, and prints a claim for each step.
 */

/** Milliseconds that a page may take. */
const patience = 10_000

interface Drive {
  readonly app: App
  readonly paths: Paths
  readonly setup: Setup
  readonly page: Page
}

const readings: Readonly<Record<Step, (drive: Drive) => Promise<void>>> = {
  'signs in': async (drive) => {
    await drive.page.goto(drive.setup.ORIGIN + drive.paths.login)
    await logIn(drive.page)
    await expectText(drive, 'login', person.email)
  },
  refreshes: async (drive) => {
    await drive.page.goto(drive.setup.ORIGIN + drive.paths.refresh)
    await expectText(drive, 'refresh', 'refreshed')
  },
  'asks userinfo': async (drive) => {
    await drive.page.goto(drive.setup.ORIGIN + drive.paths.userinfo)
    await expectText(drive, 'userinfo', person.email)
  },
  'signs out': async (drive) => {
    const { page, setup, paths } = drive
    await page.goto(setup.ORIGIN + paths.logout)
    const question = page.locator('button[name=decision][value=allow]')
    const signedOut = (url: URL) => url.href.startsWith(setup.POST_LOGOUT_REDIRECT_URI)
    if (!signedOut(new URL(page.url())) && (await question.count()) > 0) await question.click()
    await page.waitForURL(signedOut)
    // A browser that is signed out has to say who it is.
    await page.goto(setup.ORIGIN + paths.login)
    await page.locator('input[name=password]').waitFor()
  },
}

/** Fills in the pages of grantd until the browser is somewhere else. */
async function logIn(page: Page): Promise<void> {
  await page.locator('input[name=username]').fill(person.email)
  await page.locator('input[name=password]').fill(person.password)
  await page
    .locator(
      'form:has(input[name=password]) button[type=submit], form:has(input[name=password]) button:not([type])',
    )
    .first()
    .click()
  const allow = page.locator('button[name=decision][value=allow]')
  await Promise.race([
    allow.waitFor().then(() => allow.click()),
    page.waitForURL((url) => !url.pathname.includes('/api/v1/tenant/')),
  ])
}

async function expectText({ page, setup }: Drive, step: string, text: string): Promise<void> {
  const found = page.getByText(text, { exact: false }).first()
  await page.waitForURL((url) => url.href.startsWith(setup.ORIGIN))
  await found.waitFor().catch(async (cause: unknown) => {
    const body = (await page.locator('body').textContent())?.replaceAll(/\s+/g, ' ').slice(0, 160)
    throw new Error(`${step} shows ${new URL(page.url()).pathname}: ${body}`, { cause })
  })
}

async function driveApp(app: App, setup: Setup, browser: Browser): Promise<void> {
  const child = Bun.spawn([...(await app.command(setup))], {
    cwd: setup.FOLDER,
    env: {
      ...process.env,
      ...setup,
      SSL_CERT_FILE: setup.CA,
      REQUESTS_CA_BUNDLE: setup.CA,
      NODE_EXTRA_CA_CERTS: setup.CA,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const output = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  context.setDefaultTimeout(patience)
  try {
    const version = await waitForVersion(app, setup, child)
    await takeSteps(app, setup, context, version)
  } catch (error) {
    print(app, 'not started', 'signs in', error)
  } finally {
    await context.close()
    child.kill()
    await child.exited
    if (process.env['INTEROP_VERBOSE']) console.error((await output).join(''))
  }
}

async function takeSteps(app: App, setup: Setup, context: BrowserContext, version: string): Promise<void> {
  const page = await context.newPage()
  const drive = { app, setup, page, paths: { ...defaultPaths, ...app.paths } }
  for (const step of steps) {
    if (app.lacks?.includes(step)) continue
    try {
      const check = app.checks?.[step]
      await (check ? check(page, setup) : readings[step](drive))
      print(app, version, step)
    } catch (error) {
      await keepShot(page, app, step)
      print(app, version, step, error)
    }
  }
}

async function keepShot(page: Page, app: App, step: Step): Promise<void> {
  const name = `${app.client} ${step}`.replaceAll(/[^a-z0-9]+/gi, '-')
  await page
    .screenshot({
      path: join(resolve(import.meta.dir, '../../../../dist/screenshots'), `interop-${name}.png`),
    })
    .catch(() => {})
}

function print(app: App, version: string, step: Step, error?: unknown): void {
  const works: Claim['result'] = app.setting === undefined ? 'works' : 'setting'
  const claim: Claim = {
    ...{ client: app.client, version, does: step, setting: app.setting ?? '' },
    ...{ result: error === undefined ? works : 'fails', why: error === undefined ? '' : explainError(error) },
  }
  console.log(JSON.stringify(claim))
}

/** Waits until the program answers; its answer, or `app.version`, is its version. */
async function waitForVersion(app: App, { ORIGIN }: Setup, child: Bun.Subprocess): Promise<string> {
  for (let left = 1800; left > 0; left--) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}`)
    const answer = await fetch(`${ORIGIN}/version`, {
      redirect: 'manual',
      tls: { rejectUnauthorized: false },
    }).catch(() => undefined)
    if (answer) return app.version ? await app.version() : (await answer.text()).trim()
    await Bun.sleep(50)
  }
  throw new Error('does not listen')
}

const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

async function main([name = '', ...only]: readonly string[]): Promise<void> {
  const { apps }: { apps: readonly App[] } = await import(join(import.meta.dir, name, 'apps.ts'))
  const chosen = apps.filter(({ client }) => only.length === 0 || only.includes(client))
  // First, because without a browser nothing is left to be stopped.
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: browserArguments })
  const folder = await mkdtemp(join(tmpdir(), 'grantd-people-'))
  const servers = await startPeopleServers(folder, chosen)
  try {
    for (const [app, setup] of servers.setups) {
      await mkdir(setup.FOLDER, { recursive: true })
      await driveApp(app, setup, browser)
    }
  } finally {
    await browser.close()
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

await main(process.argv.slice(2))
