import type { CertificatePair } from '../certificates.ts'

/**
 * Cipher suites of TLS 1.2 with forward secrecy and authenticated encryption, which RFC 9325 section 4.2 recommends. Those of TLS 1.3
 * are all of that kind, and the runtime offers each of them.
 */
const ciphers = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].flatMap((cipher) =>
  ['ECDSA', 'RSA'].map((signature) => `ECDHE-${signature}-${cipher}`),
)

/** SSL_OP_NO_TLSv1, SSL_OP_NO_TLSv1_1 and SSL_OP_CIPHER_SERVER_PREFERENCE of BoringSSL. */
const secureOptions = 0x0400_0000 | 0x1000_0000 | 0x0040_0000

/** TLS 1.2 and 1.3. The runtime has neither renegotiation nor compression, and asks no client for a certificate. */
export function tlsSettings({ certificate, key }: CertificatePair): Bun.TLSOptions {
  return { cert: certificate, key, ciphers: ciphers.join(':'), secureOptions }
}
