import { type LoadedConfig, parseConfig } from '../config/load.ts'
import { tryUrl } from '../http/browser/try-client.ts'
import type { Platform } from '../platform/platform.ts'
import { generateSecret } from '../secrets/generated-secret.ts'
import { tenantPath } from '../tenants/tenant.ts'

/** The configuration of a server without config.yaml: a tenant, its clients and a person, which end with the process. */
export interface Demo {
  readonly loaded: LoadedConfig
  readonly secret: string
  /** The password of the person. */
  readonly password: string
}

const tenantId = 'test-tenant'
const clientId = 'demo-client'
const userKey = 'demo'

/** Makes the configuration of the demo, with a new secret and a new password. */
export async function createDemo(platform: Platform): Promise<Demo> {
  const secret = generateSecret(platform.randomBytes, platform.hashing)
  const password = generatePassword(platform.randomBytes)
  const text = `
server: { try_page: true }
tenants:
  ${tenantId}:
    name: Test Tenant
    oauth2:
      audience: [demo-api]
      scopes: { api:read: Read access, api:write: Write access }
    oidc: {}
    users:
      ${userKey}:
        { email: demo@example.com, email_verified: true, name: Demo Person, password: ${password}, groups: [demo] }
    clients:
      ${clientId}: { name: Demo client, secret: ${secret}, scopes: [api:read, api:write] }
      demo-app:
        name: Demo app
        token_endpoint_auth_method: none
        grant_types: [authorization_code, refresh_token, "urn:ietf:params:oauth:grant-type:device_code"]
        scopes: [api:read, api:write]
        redirect_uris: [http://localhost${tenantPath(tenantId)}/try, http://localhost/swagger/oauth2-redirect, http://localhost/callback]
        post_logout_redirect_uris: [http://localhost${tenantPath(tenantId)}/try]
`
  const loaded = await parseConfig({ file: 'demo', text, folder: '.' }, platform)
  // The password is in clear because it is new at each start.
  return {
    loaded: { ...loaded, warnings: [], storage: { kind: 'memory' }, dataDir: undefined },
    secret,
    password,
  }
}

/** Sixteen consonants that nobody takes for digits, and that make no word. */
const passwordLetters = 'bcdfghjkmnpqrtvw'

/** Returns four groups of four characters: 64 bits, which are easy to type. */
function generatePassword(randomBytes: Platform['randomBytes']): string {
  const text = [...randomBytes(16)].map((byte) => passwordLetters[byte % 16]).join('')
  return text.replace(/(.{4})(?=.)/g, '$1-')
}

/** The next steps for the person at the terminal. Each command works as printed, in any order. */
export function renderDemo({ secret, password }: Demo, publicUrl: string): string {
  const getToken = `curl -s -u ${clientId}:${secret} -d grant_type=client_credentials ${publicUrl}${tenantPath(tenantId)}/oauth/token`
  const pickToken = `sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`
  return [
    '',
    'This is a demo, because there is no config.yaml here: nothing is kept, and the next start has another secret.',
    `Its client is ${clientId}. The secret, shown this once: ${secret}`,
    `Its person is ${userKey}. The password, shown this once: ${password}`,
    '',
    `1. Sign in as ${userKey}, with that password`,
    `   ${openInBrowser(tryUrl({ id: tenantId }, { publicUrl }))}`,
    '2. Get a token',
    `   ${getToken}`,
    '3. Call an API with it',
    `   curl -s -H "Authorization: Bearer $(${getToken} | ${pickToken})" ${publicUrl}/api/v1/protected-resource`,
    '4. Open the Swagger page',
    `   ${openInBrowser(`${publicUrl}/swagger`)}`,
    '',
    'Make it yours: grantd init',
    '',
    '',
  ].join('\n')
}

function openInBrowser(url: string): string {
  return `xdg-open ${url} 2>/dev/null || open ${url} 2>/dev/null || echo "Open ${url} in a browser"`
}
