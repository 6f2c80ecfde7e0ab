import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { App, Setup } from '../app.ts'
import { person } from '../app.ts'

const build = process.env['INTEROP_BUILD'] ?? ''
const proxy = join(build, 'oauth2-proxy')

export const apps: readonly App[] = [
  { client: 'coreos/go-oidc + x/oauth2', command: () => [join(build, 'people')] },
  {
    client: 'oauth2-proxy',
    version: async () =>
      /oauth2-proxy\/v7\s+v(\S+)/.exec(await Bun.$`go version -m ${proxy}`.text())?.[1] ?? '?',
    redirectPath: '/oauth2/callback',
    command: proxyCommand,
    // It asks userinfo for what the ID token lacks, such as the e-mail address that it shows here.
    isFrugal: true,
    paths: { login: '/oauth2/start?rd=/oauth2/userinfo', userinfo: '/oauth2/userinfo' },
    checks: { refreshes: seeNewCookie, 'signs out': signOut },
  },
]

function proxyCommand({ PORT, ORIGIN, ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI }: Setup) {
  return [
    ...[proxy, '--provider=oidc', `--oidc-issuer-url=${ISSUER}`, `--client-id=${CLIENT_ID}`],
    ...[`--client-secret=${CLIENT_SECRET}`, '--cookie-secret=0123456789abcdef', '--cookie-secure=false'],
    ...['--email-domain=*', '--upstream=static://200', `--http-address=localhost:${PORT}`],
    ...[`--redirect-url=${REDIRECT_URI}`, '--code-challenge-method=S256', '--skip-provider-button'],
    ...[
      '--cookie-refresh=1s',
      '--skip-auth-route=^/signed-out$',
      `--whitelist-domain=${new URL(ORIGIN).host}`,
    ],
    ...[`--whitelist-domain=${new URL(ISSUER).host}`, '--scope=openid profile email'],
  ]
}

/** It keeps the tokens in its cookie, which is another one after a refresh. */
async function seeNewCookie(page: Page, { ORIGIN }: Setup): Promise<void> {
  const cookieOf = async () =>
    (await page.context().cookies(ORIGIN))
      .flatMap(({ name, value }) => (name.startsWith('_oauth2_proxy') ? [value] : []))
      .join()
  const before = await cookieOf()
  for (let left = 40; left > 0; left--) {
    await page.goto(`${ORIGIN}/oauth2/userinfo`)
    if (!(await page.locator('body').textContent())?.includes(person.email)) throw new Error('is signed out')
    if ((await cookieOf()) !== before) return
    await Bun.sleep(100)
  }
  throw new Error('the cookie stays the same')
}

/** Without an ID token as a hint: grantd asks the person. */
async function signOut(
  page: Page,
  { ORIGIN, ISSUER, CLIENT_ID, POST_LOGOUT_REDIRECT_URI }: Setup,
): Promise<void> {
  const query = new URLSearchParams({
    client_id: CLIENT_ID,
    post_logout_redirect_uri: POST_LOGOUT_REDIRECT_URI,
  })
  await page.goto(`${ORIGIN}/oauth2/sign_out?rd=${encodeURIComponent(`${ISSUER}/oauth/logout?${query}`)}`)
  await page.locator('button[name=decision][value=allow]').click()
  await page.waitForURL((url) => url.href.startsWith(POST_LOGOUT_REDIRECT_URI))
  await page.goto(`${ORIGIN}/oauth2/start`)
  await page.locator('input[name=password]').waitFor()
}
