import { type Form, parseForm } from '../request/form.ts'
import { type Browser, type CookieDeps, readBrowser, type TenantId } from './cookies.ts'
import { type CsrfDeps, checkCsrf } from './csrf.ts'

/** The form that is wanted, as csrfToken got it. */
export interface WantedForm {
  /** The tenant whose cookie the browser has. */
  readonly tenant: TenantId
  /** The name of the form, such as `login`. */
  readonly form: string
  /** The id of the interaction or of the session that the form is about. */
  readonly boundTo: string
}

/** A form of one of our pages, and the browser that sent it. */
export interface OwnForm {
  readonly sent: Form
  readonly browser: Browser
}

/** Reads a form that a page of ours posts. Throws `access_denied` (403) for a form of another page, and the errors of parseForm. */
export async function parseOwnForm(
  request: Request,
  { tenant, form, boundTo }: WantedForm,
  deps: CookieDeps & CsrfDeps,
): Promise<OwnForm> {
  const sent = await parseForm(request)
  const browser = readBrowser(request, tenant, deps)
  checkCsrf(request, { sent, browser, form, boundTo }, deps)
  // checkCsrf lets no request without the cookie through.
  if (!browser) throw new TypeError('A form without a browser passed its check')
  return { sent, browser }
}
