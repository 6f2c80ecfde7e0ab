import { join } from 'node:path'
import type { App } from '../app.ts'

const build = process.env['INTEROP_BUILD'] ?? ''
const program = (name: string) => () => ['node', join(build, 'programs', `${name}.mjs`)]

export const apps: readonly App[] = [
  { client: 'openid-client', command: program('openid-client'), isSecure: true },
  {
    client: 'oauth4webapi',
    command: program('oauth4webapi'),
    isSecure: true,
    settings: 'token_endpoint_auth_method: none',
  },
  { client: 'passport + openid-client', command: program('passport'), isSecure: true },
  { client: 'express-openid-connect', command: program('express-openid-connect') },
  {
    client: 'oidc-client-ts',
    command: program('oidc-client-ts'),
    settings: 'token_endpoint_auth_method: none',
  },
  {
    client: '@openid/appauth',
    // Its modules name each other without an extension, which Node does not take.
    command: () => [process.execPath, join(build, 'programs/appauth.mjs')],
    settings: 'token_endpoint_auth_method: none',
    host: '127.0.0.1',
    // RFC 8252 section 7.3: a native app listens on any port.
    redirectUri: 'http://127.0.0.1/callback',
  },
]
