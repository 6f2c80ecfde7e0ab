import { join } from 'node:path'
import { findFreePort } from '../../../../support/free-port.ts'
import { explainError } from '../../claims.ts'
import {
  claim,
  issuerOf,
  secureIssuerOf,
  settingOf,
  tryServer,
  whileRunning,
  withFolder,
} from '../interop.ts'

const modules = '/usr/lib/apache2/modules'
const common = [
  'mpm_event',
  'authn_core',
  'authz_core',
  'authz_user',
  'headers',
  'dir',
  'include',
  'mime',
  'rewrite',
]

/** Apache with one page, which `rules` keep and which says who is there by the variable `variable`. */
function tryApache(module: string, { rules, variable }: { rules: string; variable: string }, issuer: string) {
  return withFolder(async (folder) => {
    const port = await findFreePort()
    const loads = [...common, module].map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`)
    const config = `
${loads.join('\n')}
ServerName localhost
ServerRoot ${folder}
PidFile ${folder}/pid
DefaultRuntimeDir ${folder}
ErrorLog ${folder}/errors
TypesConfig /dev/null
User www-data
Group www-data
Listen 127.0.0.1:${port}
DocumentRoot ${folder}/pages
${rules}
<Directory ${folder}/pages>
  Options +Includes
  AddType text/html .html
  AddOutputFilter INCLUDES .html
  SSILegacyExprParser off
</Directory>
`
    await Bun.write(join(folder, 'pages/index.html'), `client=<!--#echo var="${variable}" -->;`)
    await Bun.write(join(folder, 'ca.pem'), Bun.file(settingOf('CA')))
    await Bun.$`chmod -R a+rX ${folder}`
    await Bun.write(join(folder, 'apache.conf'), config)
    const command = ['apache2', '-DFOREGROUND', '-f', join(folder, 'apache.conf')]
    try {
      await whileRunning(command, `http://127.0.0.1:${port}/`, () =>
        tryServer(`http://127.0.0.1:${port}/index.html`, issuer),
      )
    } catch (cause) {
      throw new Error(`${explainError(cause)}; ${await readLastError(folder)}`, { cause })
    }
  })
}

/** The message of the last error in the log. */
async function readLastError(folder: string): Promise<string> {
  const lines = (await Bun.file(join(folder, 'errors')).text()).split('\n')
  return (
    lines.findLast((line) => line.includes(':error]'))?.replace(/^(?:\[[^\]]*\] )+/, '') ??
    'nothing in the log'
  )
}

/** mod_oauth2 checks no issuer and no audience by itself: `Require` does. */
const byOAuth2 = (verify: string, issuer: string) => ({
  variable: 'OAUTH2_CLAIM_client_id',
  rules: `
${verify}
<Location />
  AuthType oauth2
  <RequireAll>
    Require oauth2_claim iss:${issuer}
    Require oauth2_claim aud:my-api
  </RequireAll>
</Location>`,
})

const oauth2 = { client: 'Apache mod_oauth2', debianPackage: 'libapache2-mod-oauth2' }
const api = `client_id=${settingOf('API_ID')}&client_secret=${settingOf('API_SECRET')}`
const tryOAuth2 = (tenant: string, verifyOf: (issuer: string) => string) => () =>
  tryApache('oauth2', byOAuth2(verifyOf(issuerOf(tenant)), issuerOf(tenant)), issuerOf(tenant))

const byKeys = (issuer: string) => `OAuth2TokenVerify jwks_uri ${issuer}/.well-known/jwks.json`
await claim({ ...oauth2, does: 'verifies RS256 by `jwks_uri`' }, tryOAuth2('rs256', byKeys))
await claim({ ...oauth2, does: 'verifies ES256 by `jwks_uri`' }, tryOAuth2('es256', byKeys))
await claim(
  { ...oauth2, does: 'discovers by `metadata` and verifies RS256' },
  tryOAuth2('rs256', (issuer) => `OAuth2TokenVerify metadata ${issuer}/.well-known/openid-configuration`),
)
await claim(
  { ...oauth2, does: 'introspects' },
  tryOAuth2(
    'rs256',
    (issuer) =>
      `OAuth2TokenVerify introspect ${issuer}/oauth/introspect introspect.auth=client_secret_basic&${api}`,
  ),
)

const byOpenidc = (verify: string, issuer: string) => ({
  variable: 'OIDC_CLAIM_client_id',
  rules: `
OIDCCryptoPassphrase unused-in-a-resource-server
OIDCOAuthRemoteUserClaim sub
OIDCOAuthSSLValidateServer On
OIDCCABundlePath ca.pem
${verify}
<Location />
  AuthType oauth20
  <RequireAll>
    Require claim iss:${issuer}
    Require claim aud:my-api
  </RequireAll>
</Location>`,
})
const openidc = { client: 'Apache mod_auth_openidc', debianPackage: 'libapache2-mod-auth-openidc' }
const tryOpenidc = (issuer: string, verify: string) => () =>
  tryApache('auth_openidc', byOpenidc(verify, issuer), issuer)
const keysOf = (issuer: string) => `OIDCOAuthVerifyJwksUri ${issuer}/.well-known/jwks.json`

for (const [tenant, algorithm] of [
  ['rs256', 'RS256'],
  ['es256', 'ES256'],
] as const) {
  await claim(
    { ...openidc, does: `verifies ${algorithm} as a resource server` },
    tryOpenidc(issuerOf(tenant), keysOf(issuerOf(tenant))),
    ['https', tryOpenidc(secureIssuerOf(tenant), keysOf(secureIssuerOf(tenant)))],
  )
}
const secure = secureIssuerOf('rs256')
await claim(
  { ...openidc, does: 'introspects over https' },
  tryOpenidc(
    secure,
    `OIDCOAuthIntrospectionEndpoint ${secure}/oauth/introspect\nOIDCOAuthClientID ${settingOf('API_ID')}\nOIDCOAuthClientSecret ${settingOf('API_SECRET')}`,
  ),
)
