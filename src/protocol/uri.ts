/**
 * Whether `text` can be an issuer: an absolute http or https URL without user, query, fragment and trailing
 * slash (RFC 8414 section 2; http is for loopback and for tests).
 */
export function isIssuerUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s?#]+[^\s?#/]$/.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  return url.username === '' && url.password === ''
}

/** Whether the URL's host is this machine itself, where plain http gives nothing away. */
export function isLoopbackUrl(text: string): boolean {
  const { hostname } = new URL(text)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}
