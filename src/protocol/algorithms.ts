/** The kind of key that an algorithm signs with, in the words of a JWK (RFC 7518 section 6, RFC 8037). */
export interface KeyKind {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly crv?: 'P-256' | 'P-384' | 'Ed25519'
}

/** The signature algorithms of RFC 7518 section 3.1 and RFC 8037 that a tenant can choose. */
export const signatureAlgorithms = {
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
} as const satisfies Record<string, KeyKind>

export type SignatureAlgorithm = keyof typeof signatureAlgorithms

/**
 * The bits of the hash function of an algorithm (RFC 7518 section 3.1, RFC 8032 section 5.1 for Ed25519), with which `at_hash` is made
 * (OpenID Connect Core section 3.1.3.6).
 */
export function hashBitsOf(algorithm: SignatureAlgorithm): 256 | 384 | 512 {
  if (algorithm.endsWith('256')) return 256
  return algorithm.endsWith('384') ? 384 : 512
}

/** RSA keys below this are refused (RFC 7518 section 3.3). */
export const smallestRsaModulus = 2048
