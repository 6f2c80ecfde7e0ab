import { type LoadedConfig, parseConfig } from '../config/load.ts'
import type { Platform } from '../platform/platform.ts'
import { generateSecret } from '../secrets/generated-secret.ts'
import { tenantPath } from '../tenants/tenant.ts'

/** The configuration of a server without config.yaml: one tenant and one client, which end with the process. */
export interface Demo {
  readonly loaded: LoadedConfig
  readonly secret: string
}

const tenantId = 'test-tenant'
const clientId = 'demo-client'

export async function createDemo(platform: Platform): Promise<Demo> {
  const secret = generateSecret(platform.randomBytes, platform.hashing)
  const text = `
tenants:
  ${tenantId}:
    name: Test Tenant
    oauth2:
      audience: [demo-api]
      scopes: { api:read: Read access, api:write: Write access }
    clients:
      ${clientId}: { name: Demo client, secret: ${secret}, scopes: [api:read, api:write] }
`
  const loaded = await parseConfig({ file: 'demo', text, folder: '.' }, platform)
  return { loaded: { ...loaded, storage: { kind: 'memory' }, dataDir: undefined }, secret }
}

/** The next steps for the person at the terminal. Each command works as printed, in any order. */
export function renderDemo({ secret }: Demo, publicUrl: string): string {
  const getToken = `curl -s -u ${clientId}:${secret} -d grant_type=client_credentials ${publicUrl}${tenantPath(tenantId)}/oauth/token`
  const pickToken = `sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`
  const page = `${publicUrl}/swagger`
  return [
    '',
    'This is a demo, because there is no config.yaml here: nothing is kept, and the next start has another secret.',
    `Its client is ${clientId}. The secret, shown this once: ${secret}`,
    '',
    '1. Get a token',
    `   ${getToken}`,
    '2. Call an API with it',
    `   curl -s -H "Authorization: Bearer $(${getToken} | ${pickToken})" ${publicUrl}/api/v1/protected-resource`,
    '3. Open the Swagger page',
    `   xdg-open ${page} 2>/dev/null || open ${page} 2>/dev/null || echo "Open ${page} in a browser"`,
    '',
    'Make it yours: grantd init',
    '',
    '',
  ].join('\n')
}
