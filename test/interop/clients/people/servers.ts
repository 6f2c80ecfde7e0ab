import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createAuthority } from '../../../support/certificates.ts'
import { findFreePorts } from '../../../support/free-port.ts'
import { programs, type RunningServer, startServer, writeConfig } from '../../../support/spawn-server.ts'
import { passOn } from '../servers.ts'
import { type App, defaultPaths, person, type Setup } from './app.ts'

/** Two tenants with the same person and clients. In the ID tokens of `frugal` is no claim of a scope, so an app has to ask userinfo. */
const tenants = { people: '{}', frugal: '{ claims_in_id_token: false }' } as const
const secretOf = (id: string) => `interop-secret-of-${id}`

export interface PeopleServers {
  readonly setups: readonly (readonly [App, Setup])[]
  stop(): Promise<void>
}

/** A grantd on http, and another one behind TLS, that know all of these programs as clients. */
export async function startPeopleServers(folder: string, apps: readonly App[]): Promise<PeopleServers> {
  const authority = createAuthority('grantd interop')
  const CA = join(folder, 'ca.pem')
  await Bun.write(CA, authority.certificate)
  const { certificate: cert, key } = authority.certify('localhost', '127.0.0.1')
  let secure: RunningServer | undefined
  const front = Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1', tls: { cert, key } },
    fetch: (request) => passOn(request, secure?.url ?? ''),
  })
  const secureUrl = `https://localhost:${front.port}`
  const ports = await findFreePorts(apps.length)
  const drafts = apps.map((app, index) => ({ app, ...addressesOf(app, { index, port: ports[index] ?? 0 }) }))
  const clients = drafts.map(renderClient).join('\n')
  const plain = await startIn(join(folder, 'plain'), clients)
  secure = await startIn(join(folder, 'secure'), clients, secureUrl)
  const setups = drafts.map(({ app, CLIENT_ID, ...addresses }): readonly [App, Setup] => {
    const ISSUER = `${app.isSecure ? secureUrl : plain.url}/api/v1/tenant/${app.isFrugal ? 'frugal' : 'people'}`
    const FOLDER = join(folder, CLIENT_ID)
    return [app, { ...addresses, CLIENT_ID, CLIENT_SECRET: secretOf(CLIENT_ID), ISSUER, CA, FOLDER }]
  })
  return {
    setups,
    stop: async () => {
      await front.stop(true)
      const codes = [await plain.stop(), await secure?.stop()]
      if (codes.some((code) => code !== 0)) throw new Error(`grantd ended with ${codes}`)
    },
  }
}

type Addresses = Omit<Setup, 'ISSUER' | 'CLIENT_SECRET' | 'CA' | 'FOLDER'>

function addressesOf(app: App, { index, port }: { index: number; port: number }): Addresses {
  const ORIGIN = `http://${app.host ?? 'localhost'}:${port}`
  return {
    PORT: String(port),
    ORIGIN,
    CLIENT_ID: `app-${index + 1}`,
    REDIRECT_URI: `${ORIGIN}${app.redirectPath ?? '/callback'}`,
    POST_LOGOUT_REDIRECT_URI: `${ORIGIN}${app.paths?.signedOut ?? defaultPaths.signedOut}`,
  }
}

function renderClient({ app, CLIENT_ID, ...addresses }: Addresses & { readonly app: App }): string {
  const own = app.settings ?? `secret: ${secretOf(CLIENT_ID)}`
  const redirectUri = app.redirectUri ?? addresses.REDIRECT_URI
  return `      ${CLIENT_ID}: { ${own}, grant_types: [authorization_code, refresh_token], redirect_uris: ['${redirectUri}'], post_logout_redirect_uris: ['${addresses.POST_LOGOUT_REDIRECT_URI}'], allowed_origins: ['${addresses.ORIGIN}'] }`
}

async function startIn(folder: string, clients: string, publicUrl?: string): Promise<RunningServer> {
  await mkdir(folder)
  const server = publicUrl === undefined ? '' : `server: { public_url: '${publicUrl}' }\n`
  const people = `{ ${person.key}: { email: ${person.email}, email_verified: true, name: Ada Lovelace, password: ${person.password} } }`
  const text = Object.entries(tenants).map(
    ([id, oidc]) =>
      `  ${id}:\n    name: People\n    oauth2: {}\n    oidc: ${oidc}\n    users: ${people}\n    clients:\n${clients}\n`,
  )
  await writeConfig(folder, `${server}tenants:\n${text.join('')}`)
  return startServer(programs.executable, { folder })
}
