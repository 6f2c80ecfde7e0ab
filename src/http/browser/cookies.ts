import type { Hashing } from '../../platform/hashing.ts'
import { base64url } from '../../protocol/base64url.ts'
import { isLoopbackUrl } from '../../protocol/url/uri.ts'

export interface CookieDeps {
  /** The base of every link. Where it is http on a loopback address, cookies go over plain http. */
  readonly publicUrl: string
  readonly randomBytes: (count: number) => Uint8Array
  readonly hashing: Pick<Hashing, 'sha256'>
}

/** A tenant, or an empty id for a page that belongs to none. */
export type TenantId = { readonly id: string }

/** The cookies of an answer of one tenant. */
interface CookiesOf {
  readonly tenant: TenantId
  readonly deps: CookieDeps
}

/** A browser that met the pages of a tenant, signed in or not. */
export interface Browser {
  /** The content of its cookie: 43 characters of base64url, 256 random bits. */
  readonly secret: string
  /** SHA-256 of the secret in hex, which rows may hold. */
  readonly hash: string
}

/** Seconds: a year. */
const browserAge = 365 * 86_400

/** The cookie of the session at this tenant; undefined if there is none or more than one. */
export function readSessionCookie(request: Request, tenant: TenantId, deps: CookieDeps): string | undefined {
  return readCookie(request, namesOf(tenant, deps).session)
}

/** Gives the browser the cookie of its session. It ends with the browser, or with the session. */
export function setSessionCookie(headers: Headers, value: string, { tenant, deps }: CookiesOf): void {
  appendCookie(headers, `${namesOf(tenant, deps).session}=${value}`, deps)
}

/** Takes the cookie of the session from the browser. */
export function clearSessionCookie(headers: Headers, { tenant, deps }: CookiesOf): void {
  appendCookie(headers, `${namesOf(tenant, deps).session}=; Max-Age=0`, deps)
}

const secretShape = /^[\w-]{43}$/

/** The browser that sends the request; undefined if it has no cookie of this tenant, or more than one. */
export function readBrowser(request: Request, tenant: TenantId, deps: CookieDeps): Browser | undefined {
  const secret = readCookie(request, namesOf(tenant, deps).browser)
  return secret !== undefined && secretShape.test(secret) ? toBrowser(secret, deps) : undefined
}

/** Like {@link readBrowser}. A browser that has no cookie gets one with `headers`, those of the answer. */
export function openBrowser(request: Request, headers: Headers, { tenant, deps }: CookiesOf): Browser {
  const known = readBrowser(request, tenant, deps)
  if (known) return known
  const made = base64url(deps.randomBytes(32))
  const browser = toBrowser(made, deps)
  setBrowserCookie(headers, browser, { tenant, deps })
  return browser
}

/** Gives the browser its cookie for a year from now, such as after a sign-in. */
export function setBrowserCookie(
  headers: Headers,
  { secret }: Pick<Browser, 'secret'>,
  { tenant, deps }: CookiesOf,
): void {
  appendCookie(headers, `${namesOf(tenant, deps).browser}=${secret}; Max-Age=${browserAge}`, deps)
}

function toBrowser(secret: string, { hashing }: CookieDeps): Browser {
  return { secret, hash: hashing.sha256(secret).toHex() }
}

/**
 * The names of the cookies of a tenant. With `__Host-` a browser takes them over https alone, without a Domain and for the whole host, so
 * that no page of a subdomain can set them (RFC 6265bis section 4.1.3.2).
 */
function namesOf({ id }: TenantId, deps: CookieDeps): { readonly session: string; readonly browser: string } {
  const prefix = isPlain(deps) ? '' : '__Host-'
  const tenant = deps.hashing.sha256(id).subarray(0, 4).toHex()
  return { session: `${prefix}grantd-${tenant}`, browser: `${prefix}grantd-b-${tenant}` }
}

/** Safari takes no Secure cookie over http, not even on a loopback address. */
function isPlain({ publicUrl }: CookieDeps): boolean {
  return publicUrl.startsWith('http:') && isLoopbackUrl(publicUrl)
}

function appendCookie(headers: Headers, pair: string, deps: CookieDeps): void {
  const secure = isPlain(deps) ? '' : '; Secure'
  headers.append('Set-Cookie', `${pair}; Path=/${secure}; HttpOnly; SameSite=Lax`)
}

/** A cookie that occurs twice counts as none, because one of the two may be of a stranger, and nothing tells which. */
function readCookie(request: Request, name: string): string | undefined {
  const header = request.headers.get('cookie') ?? ''
  const values = header.split(';').flatMap((pair) => {
    const cut = pair.indexOf('=')
    return cut > 0 && pair.slice(0, cut).trim() === name ? [pair.slice(cut + 1).trim()] : []
  })
  return values.length === 1 ? values[0] : undefined
}
