/** The form that {@link isWebUrl} checks, in words for messages. */
export const wantedWebUrl = 'an absolute http(s) URL without user and fragment'

/** Whether `text` is an absolute http or https URL without user and fragment. */
export function isWebUrl(text: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(text) || /[\\#"<>^`{|}]/.test(text)) return false
  return /^https?:\/\/[^/?@]+(?:[/?].*)?$/.test(text) && URL.canParse(text)
}

/** The form that {@link isWebOrigin} checks, in words for messages. */
export const wantedOrigin = 'an origin such as https://app.example.com: scheme, host and port alone'

/** Whether `text` is a web origin as browsers write it (RFC 6454 section 6.2), so that it can be compared with the header Origin. */
export function isWebOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text
}
