import type { Hashing } from '../../platform/hashing.ts'
import { base64url } from '../../protocol/base64url.ts'
import { OAuthError } from '../../protocol/errors.ts'
import type { Form } from '../request/form.ts'
import type { Browser } from './cookies.ts'

/** The name of the hidden input. */
const csrfInput = 'csrf'

export interface CsrfDeps {
  /** The base of every link, whose origin the pages have. */
  readonly publicUrl: string
  readonly hashing: Pick<Hashing, 'hmacSha256' | 'equal'>
}

/**
 * The value of the hidden input `csrf` of a form, which only pages in this browser have. `form` is the name of the form, such as `login`;
 * `boundTo` is the id of the interaction or of the session that the form is about. The value is the same at each call.
 */
export function csrfToken(
  browserSecret: string,
  form: string,
  boundTo: string,
  { hashing }: Pick<CsrfDeps, 'hashing'>,
): string {
  const key = new TextEncoder().encode(browserSecret)
  const digest = hashing.hmacSha256(key, `csrf\0${form}\0${boundTo}`)
  return base64url(digest)
}

export interface SentForm {
  /** What arrived. */
  readonly sent: Form
  /** The browser that sent it, from readBrowser; undefined: one without a cookie. */
  readonly browser: Browser | undefined
  /** The name of the form and what it is about, as {@link csrfToken} got them. */
  readonly form: string
  readonly boundTo: string
}

/**
 * Checks that a form comes from our own page in this browser. Throws `access_denied` (403) for another token, another browser, and a
 * request that a page of another origin made.
 */
export function checkCsrf(
  request: Request,
  { sent, browser, form, boundTo }: SentForm,
  deps: CsrfDeps,
): void {
  checkOrigin(request, deps)
  const token = sent.get(csrfInput)
  if (browser === undefined || token === undefined) throw refusal('csrf_missing')
  const wanted = new TextEncoder().encode(csrfToken(browser.secret, form, boundTo, deps))
  const presented = new TextEncoder().encode(token)
  const isRight = presented.length === wanted.length && deps.hashing.equal(presented, wanted)
  if (!isRight) throw refusal('csrf_wrong')
}

/**
 * Throws `access_denied` (403) if a page of another origin made the request. A sender without these headers, such as a script, passes: the
 * token decides.
 */
function checkOrigin(request: Request, { publicUrl }: Pick<CsrfDeps, 'publicUrl'>): void {
  if (request.headers.get('sec-fetch-site') === 'cross-site') throw refusal('csrf_cross_site')
  const origin = request.headers.get('origin')
  if (origin !== null && !isOwnOrigin(origin, request, publicUrl)) throw refusal('csrf_origin')
}

/** Ours are the origin of public_url and that of the request itself, because localhost and 127.0.0.1 are one server. */
function isOwnOrigin(origin: string, request: Request, publicUrl: string): boolean {
  const { protocol, origin: own } = new URL(publicUrl)
  return origin === own || origin === `${protocol}//${request.headers.get('host') ?? ''}`
}

const findings = {
  csrf_missing: {
    saw: 'a form without its hidden csrf, or a browser without our cookie',
    wanted: 'the form of our page, from a browser that keeps cookies',
  },
  csrf_wrong: {
    saw: 'a csrf of another browser, another page or another person',
    wanted: 'the form as this browser got it, and the same person signed in',
  },
  csrf_cross_site: {
    saw: 'a form that a page of another site sent (Sec-Fetch-Site: cross-site)',
    wanted: 'a form of our page',
  },
  csrf_origin: {
    saw: 'an Origin that is neither that of public_url nor that of the request',
    wanted: 'an Origin of this server; behind a proxy, public_url is the address that browsers see',
  },
} as const

function refusal(reason: keyof typeof findings): OAuthError {
  return new OAuthError('access_denied', 'The form is not from this page or is too old', {
    status: 403,
    reason,
    finding: { check: 'form of our page (CSRF)', ...findings[reason] },
  })
}
