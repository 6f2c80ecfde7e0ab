import type { Deps } from '../../deps.ts'
import { renderErrorPage } from '../../pages/error-page.ts'
import { formPostScript } from '../../pages/form-post-page.ts'
import type { PageFrame } from '../../pages/frame/page-frame.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import type { Html } from '../answer/html.ts'
import { htmlPage } from '../answer/html-page.ts'
import { noteError } from '../answer/render-error.ts'
import { notesOf } from '../request/request-notes.ts'
import { chooseLocale } from './choose-locale.ts'
import { logoUrl, stylesheetUrl } from './page-links.ts'

type PageDeps = Pick<Deps, 'publicUrl' | 'hashing' | 'logos'>

/**
 * The frame of a page that answers `request`. `tenant` is undefined on a page that belongs to none. `uiLocales` is the parameter of the
 * authorization request.
 */
export function pageFrame(
  request: Request,
  tenant: Tenant | undefined,
  deps: PageDeps,
  uiLocales?: string,
): PageFrame {
  const { id } = notesOf(request)
  const acceptLanguage = request.headers.get('accept-language')
  const look = tenant?.oidc?.sign_in
  return {
    tenantName: tenant?.name ?? null,
    title: look?.title ?? null,
    logoUrl: logoUrl(tenant, deps),
    accent: look?.accent ?? null,
    termsUrl: look?.terms_url ?? null,
    privacyUrl: look?.privacy_url ?? null,
    helpUrl: look?.help_url ?? null,
    locale: chooseLocale({ uiLocales, acceptLanguage, byDefault: look?.default_locale ?? 'en' }),
    stylesheetUrl: stylesheetUrl(tenant, deps),
    requestId: id === '' ? null : id,
  }
}

export interface PageAnswerOptions {
  /** Default: 200. */
  readonly status?: number
  /** Headers besides those of every page, such as `Set-Cookie` and `Retry-After`. */
  readonly headers?: HeadersInit
  /**
   * URLs that a form of this page may lead to, besides this server: where it posts, and where the answer to it redirects, because
   * Chromium applies `form-action` to redirects too. A page whose form ends at the client names its redirect URI; its scheme is allowed.
   */
  readonly formTargets?: readonly string[]
  /** The page is of `renderFormPostPage`, whose script runs. */
  readonly formPost?: Pick<Deps, 'hashing'>
  /** Directives of the Content-Security-Policy that replace those of every page. */
  readonly policy?: Readonly<Record<string, string>>
}

/** Answers a page for people, with the policy that it needs. No cache stores it, and other sites do not learn its URL. */
export function answerPage(page: Html, options: PageAnswerOptions = {}): Response {
  const { status = 200, headers, formTargets = [], formPost, policy: own } = options
  const policy = {
    'form-action': ["'self'", ...new Set(formTargets.map(sourceOf))].join(' '),
    ...(formPost && { 'script-src': `'sha256-${formPost.hashing.sha256(formPostScript).toBase64()}'` }),
    ...own,
  }
  const response = htmlPage(page, { status, policy })
  // Not no-referrer: under it, a form of this page would post `Origin: null`.
  response.headers.set('Referrer-Policy', 'same-origin')
  for (const [name, value] of new Headers(headers)) response.headers.append(name, value)
  return response
}

/**
 * The source of a policy that allows `url`: its scheme. Its origin alone is not enough, because the client may send the browser on to
 * another one, such as from `auth.example.com` to `app.example.com`, and Chromium would stop it there without a word. A host that is an
 * IPv6 address cannot stand in a policy at all.
 */
function sourceOf(url: string): string {
  return new URL(url).protocol
}

/**
 * Runs `work`, which answers a page. An error that it throws becomes the error page with the status of the error and its `Retry-After`.
 * The log gets the same as for an error in JSON.
 */
export async function withErrorPages(
  request: Request,
  tenant: Tenant | undefined,
  deps: PageDeps,
  work: () => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    const { code, status, message, retryAfterSeconds } = noteError(error, notesOf(request))
    const frame = pageFrame(request, tenant, deps)
    const page = renderErrorPage({ frame, code, status, description: message, retryAfterSeconds })
    const headers = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }
    return answerPage(page, { status, headers })
  }
}
