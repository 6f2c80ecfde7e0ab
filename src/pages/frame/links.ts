/**
 * Whether a page may link to `url`: a path of this server, http, https, or the scheme of an app, which has a dot (RFC 8252 section 7.1). A
 * link with another scheme, such as `javascript:`, could run a script.
 */
export function isLinkable(url: string): boolean {
  if (/^\/(?![/\\])/.test(url)) return true
  return URL.canParse(url) && /^(?:https?|[a-z][a-z\d+-]*(?:\.[a-z\d+-]+)+):/i.test(url)
}
