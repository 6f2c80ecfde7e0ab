/** Writes bytes in base64url without padding (RFC 4648 section 5), the form of ids, secrets and digests in URLs and tokens. */
export function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}
