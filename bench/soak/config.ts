/** The configuration of the soak: whatever expires does so within a minute or two, so that half an hour sees it many times. */
export const secrets = {
  app: 'soak-secret-of-app-1',
  admin: 'soak-secret-of-admin',
  web: 'soak-secret-of-web-1',
} as const
export const redirectUri = 'https://app.soak.test/callback'
/** One for each person at work, because failures of a name make that name wait. */
export const peopleCount = 20
export const usernameOf = (at: number) => `person-${at}@example.com`
export const password = 'the password of the soak'

/** `edition`: what a reload changes. */
export function renderSoakConfig(passwordHash: string, edition: number): string {
  const users = Array.from(
    { length: peopleCount },
    (_, at) =>
      `      person-${at}: { email: ${usernameOf(at)}, name: Person ${at} of ${edition}, password_hash: '${passwordHash}' }`,
  )
  return `
server: { public_url: https://soak.test, trusted_proxies: [127.0.0.1] }
admin: { tenant: ops }
audit: { retain: 60s }
refusals: { retain: 60s }
limits: { tokens_per_minute_per_tenant: 1000000 }
tenants:
  ops:
    name: Operations
    oauth2: { access_token_ttl: 5m }
    signing: { algorithm: ES256 }
    clients: { root: { secret: ${secrets.admin}, scopes: [grantd:admin] } }
  main:
    name: Soak ${edition}
    oauth2:
      audience: [soak-api]
      access_token_ttl: 45s
      refresh_token_ttl: 2m
      refresh_token_idle: 1m
      device_code_ttl: 30s
      scopes: { read: Read }
    oidc: { session_ttl: 2m, session_idle: 1m }
    api_keys: { allowed_scopes: [read] }
    signing: { algorithm: ES256, rotate_every: 90s, publish_ahead: 10s, jwks_max_age: 5s }
    users:
${users.join('\n')}
    clients:
      app: { secret: ${secrets.app}, introspect: true, scopes: [read, api-keys:manage] }
      web: { secret: ${secrets.web}, grant_types: [authorization_code, refresh_token, 'urn:ietf:params:oauth:grant-type:device_code'], redirect_uris: ['${redirectUri}'], consent: skip }
`
}
