import { createHash } from 'node:crypto'
import * as jose from 'jose'
import { createNetwork, type Network } from '../logout/logout-kit.ts'
import { Browser, type Page } from '../support/people/browser.ts'
import {
  type Credentials,
  goOn,
  type Parameters,
  type PeopleTokens,
  startAuthorization,
  tenantPath,
} from '../support/people/flow.ts'
import { siteOfApp } from '../support/people/sites.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

/** Where the server is, as the suite wants it: behind TLS, with the issuer below the same origin. */
export const origin = 'https://op.example'
export const issuer = `${origin}${tenantPath('main')}`

/** A client as the suite has it in its configuration: fixed, with a secret, and without PKCE. */
export interface StaticClient {
  readonly clientId: string
  readonly secret: string
  readonly redirectUri: string
  readonly method: 'basic' | 'post'
}

const callback = 'https://suite.example/test/a/grantd/callback'
export const bye = 'https://suite.example/test/a/grantd/post_logout_redirect'
const backchannel = 'https://suite.example/test/a/grantd/backchannel_logout'

export const firstClient: StaticClient = {
  ...{ clientId: 'first', secret: 'first-secret-value-0123456789', redirectUri: callback, method: 'basic' },
}
export const secondClient: StaticClient = {
  ...{ clientId: 'second', secret: 'second-secret-value-0123456789', redirectUri: callback, method: 'basic' },
}
export const postClient: StaticClient = {
  ...{
    clientId: 'posting',
    secret: 'posting-secret-value-0123456789',
    redirectUri: callback,
    method: 'post',
  },
}

const password = 'correct horse battery'
export const ada: Credentials = { username: 'ada', password }
/** Cheap, because no test is about its cost. */
const hash = await Bun.password.hash(password, { algorithm: 'argon2id', memoryCost: 1024, timeCost: 1 })

const clientYaml = ({ clientId, secret, redirectUri, method }: StaticClient) => `
      ${clientId}:
        secret: ${secret}
        token_endpoint_auth_method: client_secret_${method}
        grant_types: [authorization_code, refresh_token]
        require_pkce: false
        redirect_uris: ['${redirectUri}']
        post_logout_redirect_uris: [${bye}]
        backchannel_logout_uri: ${backchannel}`

/** The tenant that the plans are run against; README.md says what in it the suite needs. */
const config = `
server: { public_url: ${origin} }
tenants:
  main:
    name: Main
    oauth2: {}
    oidc: { claims_in_id_token: false }
    users:
      ada:
        email: ada@example.com
        email_verified: true
        name: Ada Lovelace
        password_hash: '${hash}'
        attributes:
          given_name: Ada
          family_name: Lovelace
          middle_name: Augusta
          nickname: Countess
          preferred_username: ada
          profile: https://ada.example/
          picture: https://ada.example/ada.png
          website: https://ada.example/blog
          gender: female
          birthdate: '1985-12-10'
          zoneinfo: Europe/London
          locale: en-GB
          updated_at: 1700000000
          address: { formatted: '12 St James Square, London', country: UK }
          phone_number: '+44 20 7946 0000'
          phone_number_verified: true
    clients:${[firstClient, secondClient, postClient].map(clientYaml).join('')}
`

/** What the suite reads of the answer to an authorization request. */
export interface Asked {
  readonly browser: Browser
  readonly client: StaticClient
  readonly page: Page
  readonly sent: { readonly state: string; readonly nonce: string; readonly verifier: string }
}

export interface Asking {
  /** Default: a new one. */
  readonly browser?: Browser
  /** Default: the first one. */
  readonly client?: StaticClient
  /** Default: GET, by the address. */
  readonly method?: 'GET' | 'POST'
}

export interface Tokens extends PeopleTokens {
  readonly id_token: string
}

export interface IdToken {
  readonly claims: jose.JWTPayload
  readonly header: jose.JWTHeaderParameters
}

/** The suite: clients, a browser that fills in forms, and the token endpoint, over one app. */
export interface Suite {
  readonly app: TestApp
  readonly network: Network
  browser(): Browser
  get(path: string): Promise<Response>
  /** Sends a browser with a request to the authorization endpoint. `more` adds parameters, '' leaves one out. */
  open(more?: Parameters, of?: Asking): Promise<Asked>
  /** The same, and does what the pages ask. */
  ask(more?: Parameters, of?: Asking): Promise<Asked>
  /** Posts to the token endpoint as the client. */
  post(client: StaticClient, form: Parameters): Promise<Response>
  redeem(asked: Asked, code: string, more?: Parameters): Promise<Response>
  /** The ID token, whose signature, issuer, audience and times are good. */
  verify(token: string, client?: StaticClient): Promise<IdToken>
  userinfo(token: string, init?: RequestInit): Promise<Response>
}

export async function startSuite(): Promise<Suite> {
  const network = createNetwork()
  network.addresses['suite.example'] = ['93.184.216.36']
  const app = await startTestApp(config, { outbound: network.outbound })
  const site = siteOfApp(app, origin)
  const path = tenantPath('main')
  const browser = () => new Browser(site, { now: app.deps.now })
  const get = (of: string) => app.send(`${path}${of}`)
  const post: Suite['post'] = ({ clientId, secret, method }, form) => {
    if (method === 'post') return app.post('main', { ...form, client_id: clientId, client_secret: secret })
    const basic = Buffer.from(`${clientId}:${secret}`).toString('base64')
    return app.post('main', { ...form }, { Authorization: `Basic ${basic}` })
  }
  const verify: Suite['verify'] = async (token, client = firstClient) => {
    const keys = jose.createLocalJWKSet(await (await get('/.well-known/jwks.json')).json())
    const options = { issuer, audience: client.clientId, currentDate: new Date(app.deps.now()) }
    const { payload, protectedHeader } = await jose.jwtVerify(token, keys, options)
    return { claims: payload, header: protectedHeader }
  }
  const open: Suite['open'] = async (more = {}, of = {}) => {
    const { browser: used = browser(), client = firstClient, method = 'GET' } = of
    const withoutPkce = { scope: 'openid', code_challenge: '', code_challenge_method: '' }
    const { url, ...sent } = startAuthorization(origin, 'main', client, { ...withoutPkce, ...more })
    const values = Object.fromEntries(url.searchParams)
    const page = await (method === 'GET'
      ? used.open(url)
      : used.postFrom('https://suite.example', url.pathname, values))
    return { browser: used, client, sent, page }
  }
  return {
    ...{ app, network, browser, get, post, verify, open },
    ask: async (more, of) => {
      const asked = await open(more, of)
      return { ...asked, page: await goOn(asked.browser, asked.page, ada) }
    },
    redeem: ({ client }, code, more = {}) =>
      post(client, { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, ...more }),
    userinfo: (token, init) =>
      app.send(`${path}/oauth/userinfo`, { headers: { Authorization: `Bearer ${token}` }, ...init }),
  }
}

export const atHashOf = (token: string) =>
  createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url')

/** Shannon's bits of a text, as the suite estimates them; it wants more than 96. */
export function entropyOf(text: string): number {
  const counts = Map.groupBy(text, (letter) => letter)
  const parts = [...counts.values()].map(({ length }) => length / text.length)
  return text.length * -parts.reduce((sum, part) => sum + part * Math.log2(part), 0)
}
