import { isLoopbackUrl } from './uri.ts'

/** The form that {@link isRedirectUri} checks, in words for messages. */
export const wantedRedirectUri =
  'an absolute https URL, http on 127.0.0.1, [::1] or localhost, or a private-use scheme with a dot such as com.example.app:/callback, without user and fragment'

/**
 * Whether `text` can be a registered redirect URI (RFC 6749 section 3.1.2, RFC 8252 section 7): an http or https URL, or a URI of a scheme
 * with a dot in it, which is how apps name schemes of their own. So schemes that run something, such as `javascript` and `data`, are
 * refused. Plain http at another host than this machine is accepted; see {@link isPlainHttp}.
 */
export function isRedirectUri(text: string): boolean {
  // A backslash and white space mean different things to different parsers.
  if (!/^[\x21-\x7e]+$/.test(text) || /[\\#"<>^`{|}]/.test(text) || text.length > 2000) return false
  if (/^https?:\/\/[^/?@]+(?:[/?].*)?$/.test(text)) return URL.canParse(text)
  return /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:(?:\/[^/]|\/\/[^/@]+\/|\/$)/.test(text) && URL.canParse(text)
}

/** Whether what the URL carries travels in clear over a network. */
export function isPlainHttp(text: string): boolean {
  return text.startsWith('http://') && !isLoopbackUrl(text)
}

/**
 * Whether another program of the device could take the redirect URI, as that of a native app: a private-use scheme, or a loopback address
 * (RFC 8252 section 7). `localhost` is none of them: native apps should not use it (section 8.3), and pages that are being developed do.
 */
export function isOfNativeApp(uri: string): boolean {
  return !/^https?:/.test(uri) || /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?:[:/?]|$)/.test(uri)
}

/**
 * Whether `requested` is the registered URI. They are compared as texts (RFC 9700 section 4.1.3); only the port of an http URL at a
 * loopback address is free, because a native app takes the port that is free (RFC 8252 section 7.3).
 */
export function matchesRedirectUri(registered: string, requested: string): boolean {
  if (registered === requested) return true
  const known = splitLoopback(registered)
  const asked = splitLoopback(requested)
  return known !== undefined && asked !== undefined && known.host === asked.host && known.rest === asked.rest
}

/** The host and what follows the port of an http URL at a loopback address; undefined for any other text. */
function splitLoopback(uri: string): { host: string; rest: string } | undefined {
  const match = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?([/?].*)?$/.exec(uri)
  if (!match || Number(match[2] ?? 0) > 65_535) return undefined
  return { host: match[1] ?? '', rest: match[3] ?? '' }
}
