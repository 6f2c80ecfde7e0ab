import type { Page } from 'playwright-core'

/** A program that signs people in with somebody else's library. */
export interface App {
  /** The name in the table. */
  readonly client: string
  /** Default: what it answers at /version. */
  readonly version?: () => Promise<string>
  /** What starts it; it listens on `PORT` of its environment and ends with SIGTERM. */
  readonly command: (setup: Setup) => readonly string[] | Promise<readonly string[]>
  /** Settings of the client in config.yaml besides its redirect URIs, such as `token_endpoint_auth_method: none`. */
  readonly settings?: string
  /** Whether its issuer is the one behind TLS. */
  readonly isSecure?: boolean
  /** Whether the ID tokens of its tenant have no claim of a scope, so that what the app knows is from userinfo. */
  readonly isFrugal?: boolean
  /** What has to be set, in the words of the table; undefined: it works as it comes. */
  readonly setting?: string
  /** Of its redirect URI; default: /callback. */
  readonly redirectPath?: string
  /** Replaces what the redirect URI is by default: origin and `redirectPath`. */
  readonly redirectUri?: string
  readonly paths?: Partial<Paths>
  /** Steps that the library does not have. */
  readonly lacks?: readonly Step[]
  /** How a step is seen where no page says it. Throws where it failed. */
  readonly checks?: Partial<Record<Step, (page: Page, setup: Setup) => Promise<void>>>
  /** Its public URL is another name than localhost, such as 127.0.0.1. */
  readonly host?: string
}

export const steps = ['signs in', 'refreshes', 'asks userinfo', 'signs out'] as const
export type Step = (typeof steps)[number]

/** Where a browser goes for each step, and where it is afterwards. */
export interface Paths {
  readonly login: string
  readonly refresh: string
  readonly userinfo: string
  readonly logout: string
  /** The post logout redirect URI. */
  readonly signedOut: string
}

export const defaultPaths: Paths = {
  login: '/login',
  refresh: '/refresh',
  userinfo: '/userinfo',
  logout: '/logout',
  signedOut: '/signed-out',
}

/** What a program is told, as variables of its environment by the same names. */
export interface Setup {
  readonly PORT: string
  /** Such as `http://localhost:4000`, without a slash. */
  readonly ORIGIN: string
  readonly ISSUER: string
  readonly CLIENT_ID: string
  readonly CLIENT_SECRET: string
  readonly REDIRECT_URI: string
  readonly POST_LOGOUT_REDIRECT_URI: string
  /** A file with the certificate of the authority of the issuer behind TLS. */
  readonly CA: string
  /** A folder for its own files. */
  readonly FOLDER: string
}

/** Who signs in. */
export const person = { key: 'ada', email: 'ada@example.com', password: 'the interop password of ada' }
