/** A chain of certificates and the private key of the first one, both PEM. */
export interface CertificatePair {
  readonly certificate: string
  readonly key: string
}

export type PairFault =
  | 'no-certificate'
  | 'broken-certificate'
  | 'no-key'
  | 'encrypted-key'
  | 'broken-key'
  /** The key is that of a certificate which is not the first one. */
  | 'not-first'
  | 'other-key'

/** What a pair says of itself. */
export interface PairFacts {
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** The hosts and addresses in subjectAltName, such as `DNS:id.example.com`. */
  readonly names: string
  /** SHA-256 of the first certificate, in hex with colons. */
  readonly fingerprint: string
  /** Whether each certificate is signed by the next one. */
  readonly isOrdered: boolean
  /** Whether the first certificate is for a host or an IP address. */
  isFor(host: string): boolean
}

export interface Certificates {
  /** Reads a pair. Says what is wrong with it, and never throws. */
  readPair(pair: CertificatePair): { readonly facts: PairFacts } | { readonly fault: PairFault }
}
