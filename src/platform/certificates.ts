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
  /** The key is behind another one in its file. */
  | 'later-key'
  /** RSA that is too short to be accepted. */
  | 'short-key'
  /** A key of a kind, or on a curve, that no TLS of this runtime uses. */
  | 'unknown-key'
  /** The certificate forbids its key to sign. */
  | 'no-signatures'

/** What a pair says of itself. */
export interface PairFacts {
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** The hosts and addresses in subjectAltName, such as `DNS:id.example.com`. */
  readonly names: string
  /** SHA-256 of the first certificate, in hex with colons. */
  readonly fingerprint: string
  /** Whether the first certificate is for servers, by its purposes. */
  readonly isForServers: boolean
  /** Whether each certificate is signed by the next one. */
  readonly isOrdered: boolean
  /** Whether the first certificate is for a host or an IP address. */
  isFor(host: string): boolean
}

/** What a server shows of itself when a client begins TLS. */
export interface ServedCertificate {
  /** Milliseconds since the epoch. */
  readonly notAfter: number
  /** Whether a client of this machine would accept it for the name. */
  readonly isTrusted: boolean
  /** Why it would not, in the words of the runtime; empty if it would. */
  readonly complaint: string
  /** SHA-256 of the first certificate, in hex with colons. */
  readonly fingerprint: string
}

/** Where to look, and for how long. */
export interface ServedAt {
  /** A host or an IP address, without brackets. */
  readonly host: string
  readonly port: number
  /** Milliseconds. */
  readonly longestWait: number
}

export interface Certificates {
  /**
   * Begins TLS with a server, whatever its certificate, and looks at it. Sends nothing else. Undefined: no TLS was begun. Never rejects.
   */
  look(at: ServedAt): Promise<ServedCertificate | undefined>
  /** Reads a pair. Says what is wrong with it, and never throws. */
  readPair(pair: CertificatePair): { readonly facts: PairFacts } | { readonly fault: PairFault }
}
