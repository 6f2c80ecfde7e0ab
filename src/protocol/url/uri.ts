/** The form that {@link isIssuerUrl} checks, in words for messages. */
export const wantedIssuer =
  'an absolute http(s) URL without user, query and fragment, with one slash at its end at most'

/**
 * Whether `text` can be an issuer: an absolute http or https URL without user, query and fragment (RFC 8414 section 2; http is for
 * loopback and for tests). A slash at its end belongs to it: RFC 8414 section 3.1 and RFC 9207 section 2.4 compare issuers byte for byte.
 */
export function isIssuerUrl(text: string): boolean {
  // Checks the authority in the text itself, because URL would repair an empty authority or one with backslashes.
  if (!/^[\x21-\x7e]+$/.test(text)) return false
  return /^https?:\/\/[^/?#@\\]+(\/[^?#\\]*)?$/.test(text) && !text.endsWith('//') && URL.canParse(text)
}

/** Whether `text` can be the base of links: like an issuer, and without a slash at its end. */
export function isBaseUrl(text: string): boolean {
  return isIssuerUrl(text) && !text.endsWith('/')
}

/**
 * Returns one text for all spellings of an issuer, so that two tenants cannot have issuers that only look different. A slash at the end
 * makes no difference, because both issuers have their metadata at one URL. The text of a bare host ends in a slash.
 */
export function normalIssuer(issuer: string): string {
  if (!URL.canParse(issuer)) return issuer
  const { origin, pathname } = new URL(issuer)
  return `${origin}${pathname.replaceAll(/\/{2,}/g, '/').replace(/(.)\/$/, '$1')}`
}

/**
 * The id of the tenant that has this issuer by default if the server is reached at its host; undefined for an issuer of another form. No
 * other tenant may have it at any host, because the metadata and the keys at this URL are those of the tenant in its path.
 */
export function defaultOwnerOf(issuer: string): string | undefined {
  return /\/api\/v1\/tenant\/([^/]+)$/.exec(normalIssuer(issuer))?.[1]
}

/** The path of a base URL without a trailing slash; empty for one that has none. */
export function basePathOf(url: string): string {
  return new URL(url).pathname.replace(/\/$/, '')
}

/** Whether the host of the URL is this machine, to which plain http is safe. */
export function isLoopbackUrl(text: string): boolean {
  const { hostname } = new URL(text)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
