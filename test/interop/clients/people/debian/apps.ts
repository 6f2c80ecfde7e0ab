import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { type App, person, type Setup } from '../app.ts'

export const apps: readonly App[] = [
  {
    client: 'Apache mod_auth_openidc',
    version: async () => {
      const text = await Bun.$`dpkg-query -W -f ${'$'}{Version} libapache2-mod-auth-openidc`.text()
      return text.replaceAll(/^\d+:|[-+].*$/g, '')
    },
    isSecure: true,
    setting: 'https',
    redirectPath: '/protected/callback',
    command: async (setup) => ['apache2', '-DFOREGROUND', '-f', await writeApacheConfig(setup)],
    paths: {
      login: '/protected/index.html',
    },
    checks: { refreshes: seeNewToken, 'asks userinfo': seeUserinfo, 'signs out': signOut },
  },
]

const modules = [
  'mpm_event',
  'authn_core',
  'authz_core',
  'authz_user',
  'dir',
  'include',
  'mime',
  'auth_openidc',
]

async function writeApacheConfig(setup: Setup): Promise<string> {
  const { FOLDER, PORT, CA, ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = setup
  const config = `
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerName localhost
ServerRoot ${FOLDER}
PidFile ${FOLDER}/pid
DefaultRuntimeDir ${FOLDER}
ErrorLog ${FOLDER}/errors
TypesConfig /dev/null
User www-data
Group www-data
Listen 127.0.0.1:${PORT}
DocumentRoot ${FOLDER}/pages
OIDCProviderMetadataURL ${ISSUER}/.well-known/openid-configuration
OIDCClientID ${CLIENT_ID}
OIDCClientSecret ${CLIENT_SECRET}
OIDCRedirectURI ${REDIRECT_URI}
OIDCCryptoPassphrase of-the-test
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCCABundlePath ${FOLDER}/ca.pem
OIDCInfoHook access_token refresh_token id_token userinfo
<Location /protected>
  AuthType openid-connect
  Require valid-user
</Location>
<Directory ${FOLDER}/pages>
  Options +Includes
  AddType text/html .html
  AddOutputFilter INCLUDES .html
  SSILegacyExprParser off
</Directory>
`
  await Bun.write(join(FOLDER, 'pages/protected/index.html'), '<p><!--#echo var="OIDC_CLAIM_email" --></p>')
  await Bun.write(join(FOLDER, 'pages/signed-out'), 'signed out')
  await Bun.write(join(FOLDER, 'pages/version'), 'Apache')
  await Bun.write(join(FOLDER, 'ca.pem'), Bun.file(CA))
  await Bun.write(join(FOLDER, 'apache.conf'), config)
  await Bun.$`chmod -R a+rX ${FOLDER} ${join(FOLDER, '..')}`
  return join(FOLDER, 'apache.conf')
}

/** What its information hook says of the session, after a refresh where the access token is older than no seconds. */
async function seeNewToken(page: Page, { REDIRECT_URI }: Setup): Promise<void> {
  const read = async (more: string) => {
    await page.goto(`${REDIRECT_URI}?info=json${more}`)
    const told: { access_token?: string; refresh_token?: string } = JSON.parse(
      (await page.locator('body').textContent()) ?? '',
    )
    return `${told.access_token} ${told.refresh_token}`
  }
  const before = await read('')
  for (let left = 40; left > 0; left--) {
    if ((await read('&access_token_refresh_interval=1')) !== before) return
    await Bun.sleep(100)
  }
  throw new Error('the tokens stay the same')
}

async function seeUserinfo(page: Page, { REDIRECT_URI }: Setup): Promise<void> {
  await page.goto(`${REDIRECT_URI}?info=json`)
  const told: { userinfo?: { email?: string } } = JSON.parse((await page.locator('body').textContent()) ?? '')
  if (told.userinfo?.email !== person.email) throw new Error(`userinfo is ${JSON.stringify(told.userinfo)}`)
}

async function signOut(page: Page, { ORIGIN, REDIRECT_URI, POST_LOGOUT_REDIRECT_URI }: Setup): Promise<void> {
  await page.goto(`${REDIRECT_URI}?logout=${encodeURIComponent(POST_LOGOUT_REDIRECT_URI)}`)
  await page.waitForURL((url) => url.href.startsWith(POST_LOGOUT_REDIRECT_URI))
  await page.goto(`${ORIGIN}/protected/index.html`)
  await page.locator('input[name=password]').fill(person.password)
}
