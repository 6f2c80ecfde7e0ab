import { CookieJar } from './cookie-jar.ts'
import { type Form, type PageContent, readPage } from './read-page.ts'

/** A server as a browser reaches it. */
export interface Site {
  /** What stands in the address bar, such as `http://localhost:3000`; where the request really goes is up to `send`. */
  readonly origin: string
  send(url: URL, init: RequestInit): Promise<Response>
}

/** What the browser shows now. */
export interface Page extends PageContent {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** Each URL on the way here, the first one included. */
  readonly way: readonly URL[]
  /** Where the server sends the browser to, when that is not the server itself, such as the redirect URI of a client. */
  readonly leftTo: URL | undefined
}

export interface BrowserOptions {
  readonly now?: () => number
  /** Added to each request, such as Accept-Language. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What a person fills in; a value that the form has no field for is an error of the test. */
export type Values = Readonly<Record<string, string>>

export interface Submitting {
  /** Which of the forms; default: the only one that has the values. */
  readonly form?: Form
  /** The button that is pressed, as `name=value`; default: the first one, as Enter presses. */
  readonly button?: string
}

interface Navigation {
  readonly url: URL
  readonly method: string
  readonly body?: string
  /** The page that makes the request; undefined: the address bar. */
  readonly from?: { readonly origin: string; readonly hidesOrigin: boolean }
}

/** More than any flow takes; a loop ends here. */
const mostRedirects = 20

/**
 * A browser without scripts: cookies, forms and redirects as Chromium does them. It stays at one origin; what leads elsewhere it
 * reports as `leftTo` and does not follow.
 */
export class Browser {
  readonly jar: CookieJar
  readonly #headers: Readonly<Record<string, string>>
  #site: Site

  constructor(site: Site, { now, headers = {} }: BrowserOptions = {}) {
    this.#site = site
    this.#headers = headers
    this.jar = new CookieJar(now)
  }

  /** The next requests go there: another replica behind the same address. */
  through(site: Site): this {
    this.#site = site
    return this
  }

  get origin(): string {
    return this.#site.origin
  }

  /** Types an address, or follows a link of another site (`from`, its origin). */
  open(address: string | URL, { from }: { readonly from?: string } = {}): Promise<Page> {
    const url = new URL(address, this.origin)
    return this.#go({ url, method: 'GET', ...(from && { from: { origin: from, hidesOrigin: false } }) })
  }

  /** Follows a link of a page. */
  follow(page: Page, href: string): Promise<Page> {
    return this.#go({ url: new URL(href, page.url), method: 'GET', from: senderOf(page) })
  }

  reload(page: Page): Promise<Page> {
    return this.open(page.url)
  }

  /** Fills in a form and presses a button. Throws where the page has no such form, field or button. */
  submit(page: Page, values: Values, { form, button }: Submitting = {}): Promise<Page> {
    const chosen = form ?? findForm(page, values, button)
    const sent = fill(chosen, values)
    const pressed = findButton(chosen, button)
    if (pressed && pressed.name !== '') sent.push([pressed.name, pressed.value])
    const text = new URLSearchParams(sent).toString()
    const url = new URL(chosen.action || page.url.href, page.url)
    const from = senderOf(page)
    if (chosen.method === 'POST') return this.#go({ url, method: 'POST', body: text, from })
    url.search = text
    return this.#go({ url, method: 'GET', from })
  }

  /** What a page of another origin posts, as an attacker's would; without a field of ours. */
  postFrom(origin: string, address: string | URL, values: Values): Promise<Page> {
    const body = new URLSearchParams(values).toString()
    const url = new URL(address, this.origin)
    return this.#go({ url, method: 'POST', body, from: { origin, hidesOrigin: false } })
  }

  async #go(first: Navigation): Promise<Page> {
    const way: URL[] = []
    let navigation = first
    for (;;) {
      way.push(navigation.url)
      if (way.length > mostRedirects)
        throw new Error(`Redirects without an end: ${way.slice(-4).join(' -> ')}`)
      const response = await this.#request(navigation)
      const location = response.headers.get('location')
      if (response.status < 300 || response.status > 399 || location === null)
        return await toPage(response, way, undefined)
      const next = new URL(location, navigation.url)
      if (next.origin !== this.origin) return await toPage(response, way, next)
      navigation = redirectOf(navigation, response.status, next)
    }
  }

  async #request({ url, method, body, from }: Navigation): Promise<Response> {
    const isCrossSite = from !== undefined && siteOf(from.origin) !== siteOf(url.origin)
    const headers = new Headers({ ...this.#headers, ...navigationHeaders(url, from) })
    if (method === 'POST') {
      headers.set('Content-Type', 'application/x-www-form-urlencoded')
      if (from) headers.set('Origin', from.hidesOrigin ? 'null' : from.origin)
    }
    const cookie = this.jar.header({ url, method, isCrossSite })
    if (cookie !== undefined) headers.set('Cookie', cookie)
    const init: RequestInit = { method, headers, redirect: 'manual', ...(body !== undefined && { body }) }
    const response = await this.#site.send(url, init)
    this.jar.take(url, response.headers)
    return response
  }
}

function navigationHeaders(url: URL, from: Navigation['from']): Record<string, string> {
  const sameSite = from && siteOf(from.origin) === siteOf(url.origin) ? 'same-site' : 'cross-site'
  const site = from === undefined ? 'none' : from.origin === url.origin ? 'same-origin' : sameSite
  return {
    Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
    'Upgrade-Insecure-Requests': '1',
    'User-Agent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Sec-Fetch-Site': site,
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
    'Sec-Fetch-User': '?1',
  }
}

/** Scheme and host: ports are of one site. */
function siteOf(origin: string): string {
  if (origin === 'null') return origin
  const { protocol, hostname } = new URL(origin)
  return `${protocol}//${hostname}`
}

/** Under `no-referrer` a page's own forms post `Origin: null`. */
function senderOf({ url, headers }: Page): NonNullable<Navigation['from']> {
  return { origin: url.origin, hidesOrigin: headers.get('referrer-policy') === 'no-referrer' }
}

/** 307 and 308 repeat the request; after every other redirect it is a GET. */
function redirectOf(navigation: Navigation, status: number, url: URL): Navigation {
  if (status === 307 || status === 308) return { ...navigation, url }
  const { body: _, ...rest } = navigation
  return { ...rest, url, method: 'GET' }
}

async function toPage(response: Response, way: readonly URL[], leftTo: URL | undefined): Promise<Page> {
  const body = await response.text()
  const isHtml = /^text\/html\b/i.test(response.headers.get('content-type') ?? '')
  const { status, headers } = response
  const url = way.at(-1)
  if (!url) throw new Error('A page without a URL')
  return { ...readPage(isHtml ? body : ''), url, status, headers, body, way, leftTo }
}

function findForm(page: Page, values: Values, button: string | undefined): Form {
  const fits = (form: Form) =>
    Object.keys(values).every((name) => form.fields.some((field) => field.name === name)) &&
    (button === undefined || findButton(form, button) !== undefined)
  const [found, ...others] = page.forms.filter(fits)
  if (found && others.length === 0) return found
  const wanted = [...Object.keys(values), ...(button === undefined ? [] : [button])].join(', ')
  throw new Error(
    `${page.url.pathname} (${page.status}) has ${page.forms.length} forms, and ${found ? 'several have' : 'none has'} ${wanted || 'a button'}: ${page.text.slice(0, 300)}`,
  )
}

function findButton({ buttons }: Form, button: string | undefined) {
  if (button === undefined) return buttons[0]
  return buttons.find(({ name, value }) => `${name}=${value}` === button)
}

/** What the form sends: its own values, and those that were filled in instead. */
function fill({ fields }: Form, values: Values): [string, string][] {
  for (const name of Object.keys(values))
    if (!fields.some((field) => field.name === name)) throw new Error(`The form has no field '${name}'`)
  return fields
    .filter(({ type, isChecked }) => isChecked || (type !== 'checkbox' && type !== 'radio'))
    .map(({ name, value }): [string, string] => [name, values[name] ?? value])
}
