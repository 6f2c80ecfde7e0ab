/** A cookie as a browser keeps it. */
export interface Cookie {
  readonly name: string
  readonly value: string
  /** The host that set it; a port tells nothing apart. */
  readonly host: string
  /** Whether hosts below `host` get it too. */
  readonly isShared: boolean
  readonly path: string
  readonly isSecure: boolean
  readonly isHttpOnly: boolean
  readonly sameSite: 'strict' | 'lax' | 'none'
  /** Milliseconds; undefined: until the browser is closed. */
  readonly expiresAt: number | undefined
}

/** What decides whether a cookie goes along. */
export interface Asking {
  readonly url: URL
  readonly method: string
  /** Whether a page of another site makes the request. */
  readonly isCrossSite: boolean
}

/**
 * The cookies of one browser, with the rules of RFC 6265bis as browsers have them: `Secure` needs https or a loopback host, `__Host-`
 * needs Secure, the path / and no domain, and SameSite=Lax stays at home when another site posts.
 */
export class CookieJar {
  readonly #now: () => number
  #cookies: Cookie[] = []
  /** What was refused, with the reason, for a test that expected it to be kept. */
  readonly refused: string[] = []

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Takes what an answer of `url` sets. */
  take(url: URL, headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const cookie = parseSetCookie(line, url, this.#now())
      const reason = typeof cookie === 'string' ? cookie : undefined
      if (typeof cookie === 'string') this.refused.push(`${reason}: ${line}`)
      else this.#put(cookie)
    }
  }

  #put(cookie: Cookie): void {
    this.#cookies = this.#cookies.filter(
      ({ name, host, path }) => !(name === cookie.name && host === cookie.host && path === cookie.path),
    )
    if (cookie.expiresAt === undefined || cookie.expiresAt > this.#now()) this.#cookies.push(cookie)
  }

  /** What a request takes along, the longest path first. */
  for(asking: Asking): Cookie[] {
    const now = this.#now()
    return this.#cookies
      .filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
      .filter((cookie) => goesAlong(cookie, asking))
      .toSorted((one, other) => other.path.length - one.path.length)
  }

  /** The value of the header Cookie; undefined where there is none. */
  header(asking: Asking): string | undefined {
    const pairs = this.for(asking).map(({ name, value }) => `${name}=${value}`)
    return pairs.length === 0 ? undefined : pairs.join('; ')
  }

  /** All that are kept. */
  get all(): readonly Cookie[] {
    return this.#cookies
  }

  /** What a person does who closes the browser: cookies without an end are gone. */
  close(): void {
    this.#cookies = this.#cookies.filter(({ expiresAt }) => expiresAt !== undefined)
  }

  /** Puts a cookie in by hand, as an attacker on a neighbour host could. */
  plant(cookie: Cookie): void {
    this.#put(cookie)
  }
}

/** Whether browsers treat the origin as safe without TLS. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

function goesAlong(cookie: Cookie, { url, method, isCrossSite }: Asking): boolean {
  const isHost = url.hostname === cookie.host || (cookie.isShared && url.hostname.endsWith(`.${cookie.host}`))
  const isBelow =
    url.pathname === cookie.path ||
    url.pathname.startsWith(cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`)
  if (!isHost || !isBelow || (cookie.isSecure && !isTrustworthy(url))) return false
  if (!isCrossSite || cookie.sameSite === 'none') return true
  return cookie.sameSite === 'lax' && (method === 'GET' || method === 'HEAD')
}

/** The cookie, or why a browser drops it. */
function parseSetCookie(line: string, url: URL, now: number): Cookie | string {
  const [pair = '', ...rest] = line.split(';')
  const at = pair.indexOf('=')
  if (at < 1) return 'has no name'
  const attributes = new Map(rest.map(parseAttribute))
  const domain = attributes.get('domain')?.replace(/^\./, '')
  const cookie: Cookie = {
    name: pair.slice(0, at).trim(),
    value: pair.slice(at + 1).trim(),
    host: domain || url.hostname,
    isShared: Boolean(domain),
    path: attributes.get('path')?.startsWith('/') ? (attributes.get('path') ?? '/') : folderOf(url),
    isSecure: attributes.has('secure'),
    isHttpOnly: attributes.has('httponly'),
    sameSite: sameSiteOf(attributes.get('samesite')),
    expiresAt: endOf(attributes, now),
  }
  return whyDropped(cookie, url) ?? cookie
}

function parseAttribute(text: string): [string, string] {
  const at = text.indexOf('=')
  const [name, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
  return [name.trim().toLowerCase(), value.trim()]
}

function whyDropped(cookie: Cookie, url: URL): string | undefined {
  const isOwn = url.hostname === cookie.host || url.hostname.endsWith(`.${cookie.host}`)
  if (!isOwn) return 'is for another domain'
  if (cookie.isSecure && !isTrustworthy(url)) return 'is Secure and not from https'
  if (cookie.sameSite === 'none' && !cookie.isSecure) return 'is SameSite=None and not Secure'
  if (/^__Secure-/i.test(cookie.name) && !cookie.isSecure) return 'is __Secure- and not Secure'
  if (!/^__Host-/i.test(cookie.name)) return undefined
  if (!cookie.isSecure) return 'is __Host- and not Secure'
  if (cookie.isShared) return 'is __Host- and has a domain'
  return cookie.path === '/' ? undefined : 'is __Host- and has a path'
}

function folderOf({ pathname }: URL): string {
  return pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')))
}

function sameSiteOf(text: string | undefined): Cookie['sameSite'] {
  const value = text?.toLowerCase()
  return value === 'strict' || value === 'none' ? value : 'lax'
}

/** Max-Age wins over Expires. */
function endOf(attributes: ReadonlyMap<string, string>, now: number): number | undefined {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return now + Number(maxAge) * 1000
  const expires = Date.parse(attributes.get('expires') ?? '')
  return Number.isNaN(expires) ? undefined : expires
}
