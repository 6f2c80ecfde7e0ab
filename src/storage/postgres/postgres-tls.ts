import { StorageRefusedError } from '../storage.ts'

/** Options of tls.connect. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  /** The name that the certificate must have. */
  readonly host?: string
  readonly ca?: string
  readonly checkServerIdentity?: () => undefined
}

/** The modes of libpq without `allow` and `prefer`. With these two, an attacker in between can switch TLS off, so they protect nothing. */
export const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const

export type SslMode = (typeof sslModes)[number]

/**
 * Without sslmode, the certificate is checked whenever the connection leaves this machine. The default of libpq would give password and
 * rows to any server that answers.
 */
export function resolveTls(
  mode: SslMode | undefined,
  { host, ca }: { readonly host: string; readonly ca: string | undefined },
): false | TlsOptions {
  const authority = ca === undefined ? {} : { ca: checkAuthority(ca) }
  switch (mode ?? (isLoopback(host) && ca === undefined ? 'disable' : 'verify-full')) {
    case 'disable':
      return false
    case 'require':
      // Like libpq, uses an authority if the URL or the settings name one.
      return ca === undefined ? { rejectUnauthorized: false } : resolveTls('verify-ca', { host, ca })
    case 'verify-ca':
      return { ...authority, host, rejectUnauthorized: true, checkServerIdentity: () => undefined }
    case 'verify-full':
      return { ...authority, host, rejectUnauthorized: true }
  }
}

/**
 * Throws unless the text has well-formed certificates. For a malformed one, the driver would throw outside of any call, and that would end
 * the process.
 */
function checkAuthority(text: string): string {
  const blocks = [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g)]
  if (blocks.length === 0 || !blocks.every(([, base64 = '']) => isSequence(base64)))
    throw new StorageRefusedError(
      'The certificate of the authority of Postgres cannot be read; name a file of PEM certificates in postgres.ca_file',
    )
  return text
}

/** Whether the base64 text is one sequence of DER, to the last byte. */
function isSequence(base64: string): boolean {
  const text = base64.replace(/\s/g, '')
  if (!/^[A-Za-z\d+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return false
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  const [tag, size = 0, ...rest] = bytes
  const bytesOfLength = size < 0x80 ? 0 : size - 0x80
  const length =
    bytesOfLength === 0 ? size : rest.slice(0, bytesOfLength).reduce((all, byte) => all * 256 + byte, 0)
  return tag === 0x30 && bytes.length === 2 + bytesOfLength + length
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
