import type { ClientCredentials } from '../../clients/authentication/secret-check.ts'
import { decodeComponent } from './form.ts'

const standardBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * Returns the client in an Authorization header: RFC 7617 section 2, with both halves form-encoded (RFC 6749 section
 * 2.3.1). Undefined without a header; 'malformed' for another scheme and for any other deviation.
 */
export function parseBasic(header: string | null): ClientCredentials | 'malformed' | undefined {
  if (header === null) return undefined
  const encoded = /^basic +(\S+)$/i.exec(header)?.[1]
  if (encoded === undefined || !standardBase64.test(encoded)) return 'malformed'
  try {
    const bytes = Uint8Array.fromBase64(encoded, { lastChunkHandling: 'strict' })
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const colon = text.indexOf(':')
    if (colon < 0) return 'malformed'
    return {
      clientId: decodeComponent(text.slice(0, colon)),
      clientSecret: decodeComponent(text.slice(colon + 1)),
    }
  } catch {
    return 'malformed'
  }
}
