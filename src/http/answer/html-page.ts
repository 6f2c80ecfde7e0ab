import type { Html } from './html.ts'

/** Allows style sheets and images of this server and forms that post to it. No script, no frame, nothing from another origin. */
const strictPolicy: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'script-src': "'none'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'none'",
  'form-action': "'self'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
}

export interface HtmlPageOptions {
  /** Default: 200. */
  readonly status?: number
  /** Directives of the Content-Security-Policy that replace or extend those of the strict policy. */
  readonly policy?: Readonly<Record<string, string>>
  /** Default: `no-store`. */
  readonly cacheControl?: string
}

/** An HTML page with its security headers. `html` is a whole document. */
export function htmlPage(
  html: Html,
  { status = 200, policy, cacheControl = 'no-store' }: HtmlPageOptions = {},
): Response {
  return new Response(String(html), {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': renderPolicy({ ...strictPolicy, ...policy }),
      'Cache-Control': cacheControl,
    },
  })
}

function renderPolicy(directives: Readonly<Record<string, string>>): string {
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ')
}
