import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { findFreePort } from '../../test/support/free-port.ts'
import { Browser, type Page, type Site } from '../../test/support/people/browser.ts'
import {
  asksForDecision,
  asksForPassword,
  challengeOf,
  decide,
  logIn,
} from '../../test/support/people/flow.ts'
import type { Algorithm } from '../measure/openssl.ts'
import { audience, type Contender, client, scope } from './contender.ts'
import { startGrantd, tenantPath, type Variant } from './grantd.ts'
import { node } from './peers.ts'
import { Server } from './server.ts'

/** A server that signs people in, and the ways to its endpoints. */
export interface PeopleServer {
  readonly server: Server
  /** What stands in the address bar of a browser. */
  readonly origin: string
  readonly issuer: string
  readonly authorizePath: string
  readonly tokenPath: string
  readonly userinfoPath: string
  readonly discoveryPath: string
  readonly jwksPath: string
  /** The client whose access tokens are JWTs for the API. */
  readonly clientId: string
  /** The one whose access tokens userinfo takes. */
  readonly userinfoClientId: string
  /** Takes a browser from the first page on until it is sent away. */
  goOn(browser: Browser, page: Page): Promise<Page>
}

export interface PeopleContender {
  readonly name: string
  readonly kind: Contender['kind']
  start(folder: string, algorithm: Algorithm): Promise<PeopleServer>
}

export const people = {
  ...{ secret: 'web-secret-of-the-benchmark', redirectUri: 'https://app.bench.test/callback' },
  ...{ username: 'ada@example.com', password: 'the password of ada in the benchmark' },
  verifier: 'a-verifier-of-the-benchmark-with-43-characters-or-more',
} as const

/** The authorization request of the benchmark, the same each time. */
export function authorizePathOf({ authorizePath }: PeopleServer, clientId: string): string {
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: clientId, redirect_uri: people.redirectUri },
    ...{ scope: 'openid profile email', state: 'state-of-the-benchmark', nonce: 'nonce-of-the-benchmark' },
    ...{ code_challenge: challengeOf(people.verifier), code_challenge_method: 'S256' },
  })
  return `${authorizePath}?${query}`
}

/** Such a server for a browser, whose address is its own or `address`. */
export function siteOf({ server, origin }: Pick<PeopleServer, 'server' | 'origin'>, address?: string): Site {
  return {
    origin,
    send: ({ pathname, search }, init) => {
      const headers = new Headers(init.headers)
      if (address !== undefined) headers.set('X-Forwarded-For', address)
      const options = { ...init, headers, redirect: 'manual' as const, keepalive: false }
      return fetch(`${server.origin}${pathname}${search}`, options)
    },
  }
}

/** The value of Cookie of a browser that has signed in and has consented to both clients. */
export async function openSession(started: PeopleServer): Promise<string> {
  const browser = new Browser(siteOf(started))
  for (const clientId of new Set([started.clientId, started.userinfoClientId])) {
    const page = await started.goOn(browser, await browser.open(authorizePathOf(started, clientId)))
    if (!page.leftTo?.searchParams.get('code'))
      throw new Error(
        `Nobody is signed in: ${page.leftTo ?? `${page.url} ${page.status} ${page.text.slice(0, 200)}`}`,
      )
  }
  const url = new URL(authorizePathOf(started, started.clientId), started.origin)
  return browser.jar.header({ url, method: 'GET', isCrossSite: true }) ?? ''
}

/** grantd with one person of config.yaml. */
export function toPeopleContender(
  executable: string,
  variant: Variant,
  storage: { readonly name: string; readonly env?: Readonly<Record<string, string>> },
): PeopleContender {
  return {
    name: `${variant.name}, ${storage.name}`,
    kind: 'grantd',
    async start(folder, algorithm) {
      const config = renderPeopleConfig(algorithm)
      const server = await startGrantd({
        executable,
        folder,
        variant,
        config,
        ...(storage.env && { env: storage.env }),
      })
      return toPeopleServer(server)
    },
  }
}

/** grantd with the configuration of {@link renderPeopleConfig}. */
export function toPeopleServer(server: Server): PeopleServer {
  const path = tenantPath('bench')
  const origin = 'https://bench.test'
  return {
    ...{ server, origin, issuer: origin + path, clientId: 'web', userinfoClientId: 'web' },
    authorizePath: `${path}/oauth/authorize`,
    tokenPath: `${path}/oauth/token`,
    userinfoPath: `${path}/oauth/userinfo`,
    discoveryPath: `${path}/.well-known/openid-configuration`,
    jwksPath: `${path}/.well-known/jwks.json`,
    goOn: goOnGrantd,
  }
}

async function goOnGrantd(browser: Browser, page: Page): Promise<Page> {
  if (page.leftTo || page.status >= 400) return page
  if (asksForPassword(page)) return goOnGrantd(browser, await logIn(browser, page, people))
  return asksForDecision(page) ? goOnGrantd(browser, await decide(browser, page)) : page
}

/** `server` is what stands in its braces besides the public URL. */
export function renderPeopleConfig(algorithm: Algorithm, server: readonly string[] = []): string {
  const { username, password, redirectUri, secret } = people
  return [
    `server: { ${['public_url: https://bench.test', ...server].join(', ')} }`,
    'tenants:',
    '  bench:',
    '    name: Benchmark',
    `    oauth2: { audience: ['${audience}'], scopes: { ${scope}: Read }, authorization_code_ttl: 10m }`,
    '    oidc: {}',
    `    signing: { algorithm: ${algorithm} }`,
    `    users: { ada: { email: ${username}, email_verified: true, name: Ada Lovelace, password: ${password} } }`,
    '    clients:',
    `      ${client.id}: { secret: ${client.secret}, scopes: [${scope}] }`,
    `      web: { secret: ${secret}, grant_types: [authorization_code, refresh_token], redirect_uris: ['${redirectUri}'] }`,
    '',
  ].join('\n')
}

/** node-oidc-provider; its memory is that of one process, so that a cluster would not know its own codes. */
export function listPeoplePeers(): PeopleContender[] {
  return [toPeer('node-oidc-provider, Node 22', node), toPeer('node-oidc-provider, Bun', process.execPath)]
}

function toPeer(name: string, program: string): PeopleContender {
  return {
    name,
    kind: 'peer',
    async start(folder, algorithm) {
      await mkdir(folder, { recursive: true })
      const port = await findFreePort()
      const file = resolve(import.meta.dir, '../peers/oidc-provider-people.mjs')
      const server = await Server.start({
        command: [program, file, String(port), algorithm],
        ...{ folder, port, readyPath: '/jwks' },
      })
      return {
        ...{ server, origin: server.origin, issuer: server.origin },
        ...{ authorizePath: '/auth', tokenPath: '/token', userinfoPath: '/me', jwksPath: '/jwks' },
        ...{
          discoveryPath: '/.well-known/openid-configuration',
          clientId: 'web',
          userinfoClientId: 'web-userinfo',
        },
        goOn: goOnPeer,
      }
    },
  }
}

/** Its pages for development: a login form that takes every name, and a consent form that has one button. */
async function goOnPeer(browser: Browser, page: Page): Promise<Page> {
  if (page.leftTo || page.status >= 400) return page
  const [form] = page.forms
  const values = form?.fields.some(({ name }) => name === 'login') ? { login: 'ada', password: 'x' } : {}
  return goOnPeer(browser, await browser.submit(page, values))
}

/** A folder of a contender, by its name. */
export const folderOf = (base: string, { name }: Pick<PeopleContender, 'name'>, algorithm: Algorithm) =>
  join(base, `${name} ${algorithm}`.replaceAll(/[^\w]+/g, '-'))
