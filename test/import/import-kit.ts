import { parseForeignYaml } from '../../src/config/yaml/foreign-yaml.ts'
import type { PlannedTenant } from '../../src/import/import-plan.ts'
import { type ForeignServer, readExport } from '../../src/import/read-export.ts'
import { nodeHashing } from '../../src/platform/node/node-hashing.ts'

/** Reads a value, or a text, as the command does. */
export function read(from: ForeignServer, value: unknown): PlannedTenant[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return readExport(text, { from, hashing: nodeHashing, parseOther: parseForeignYaml })
}

/** Like {@link read}, for a file of one tenant. */
export function readOne(from: ForeignServer, value: unknown): PlannedTenant {
  const [tenant] = read(from, value)
  if (!tenant) throw new Error('no tenant')
  return tenant
}

export const lost = ({ leftOut }: PlannedTenant): string[] =>
  leftOut.map(({ what, why }) => `${what}: ${why}`)

export const sha256Of = (text: string) => `sha256:${nodeHashing.sha256(text).toHex()}`

/** A realm with a client of each kind, as an export has them. */
export const realm = {
  realm: 'acme',
  displayName: 'Acme Ltd',
  enabled: true,
  accessTokenLifespan: 300,
  ssoSessionIdleTimeout: 1800,
  ssoSessionMaxLifespan: 36_000,
  roles: { realm: [{ name: 'admin' }, { name: 'user' }] },
  identityProviders: [{ alias: 'google' }],
  clientScopes: [
    { name: 'orders:read', description: 'Read orders', protocol: 'openid-connect' },
    { name: 'roles', protocol: 'openid-connect' },
  ],
  clients: [
    { clientId: 'account', publicClient: true },
    {
      clientId: 'web',
      name: 'The shop',
      enabled: true,
      protocol: 'openid-connect',
      clientAuthenticatorType: 'client-secret',
      secret: 'aK7sPq0Zx9wYb3nLm5tRv8cDe2fGh6jU',
      standardFlowEnabled: true,
      directAccessGrantsEnabled: true,
      serviceAccountsEnabled: true,
      rootUrl: 'https://shop.example.com/',
      redirectUris: ['/callback', 'https://shop.example.com/*'],
      webOrigins: ['+', '*'],
      consentRequired: false,
      defaultClientScopes: ['web-origins', 'profile', 'orders:read'],
      optionalClientScopes: ['offline_access', 'orders:write'],
      attributes: {
        'post.logout.redirect.uris': 'https://shop.example.com/bye##+',
        'backchannel.logout.url': 'https://shop.example.com/logout',
        'access.token.lifespan': '120',
        'oauth2.device.authorization.grant.enabled': 'true',
      },
    },
    {
      clientId: 'phone',
      publicClient: true,
      standardFlowEnabled: true,
      implicitFlowEnabled: true,
      redirectUris: ['com.example.phone:/callback'],
      attributes: { 'pkce.code.challenge.method': 'S256' },
    },
    { clientId: 'saml', protocol: 'saml' },
    { clientId: 'api', bearerOnly: true },
    { clientId: 'masked', secret: '**********', standardFlowEnabled: false, serviceAccountsEnabled: true },
    {
      clientId: 'keyed',
      clientAuthenticatorType: 'client-jwt',
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
    },
  ],
  users: [
    {
      id: 'cfb55bf6-fcbb-4a1e-bfec-30c6649b52f8',
      username: 'peter',
      email: 'peter@example.com',
      emailVerified: true,
      enabled: true,
      firstName: 'Peter',
      groups: ['/staff'],
      credentials: [
        {
          type: 'password',
          secretData: JSON.stringify({
            value: 'GGQwQYIh3ZMiPOnw5rHhqW4qzhFQEGIi3dSCUzLUDJc=',
            salt: 'c2FsdHNhbHRzYWx0c2FsdA==',
          }),
          credentialData: JSON.stringify({ hashIterations: 1000, algorithm: 'pbkdf2-sha256' }),
        },
      ],
    },
    { id: 'service', username: 'service-account-web', serviceAccountClientId: 'web' },
    { id: 'nobody', username: 'nobody' },
  ],
}
