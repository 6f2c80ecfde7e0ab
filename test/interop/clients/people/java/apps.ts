import { join } from 'node:path'
import type { App } from '../app.ts'

const target = join(process.env['INTEROP_BUILD'] ?? '', 'source/people/target')

export const apps: readonly App[] = [
  {
    client: 'Spring Security',
    setting: '`OAuth2AuthorizationRequestCustomizers.withPkce()`, or `require_pkce: false` of the client',
    command: () => ['java', '-cp', `${target}/classes:${target}/dependency/*`, 'interop.People'],
    paths: { login: '/oauth2/authorization/grantd', logout: '/sign-out' },
  },
]
