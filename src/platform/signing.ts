/** Makes keys and opens private keys for signing, in the runtime. */
export interface KeyMaking {
  /** Makes a new private key off the event loop, as PKCS#8 PEM. `modulusLength` is only for RSA. */
  generateKeyPem(kind: GeneratedKind, modulusLength: number): Promise<string>
  /** Opens a private key in the cryptography of the runtime. It signs on the calling thread. Throws if `pem` is not a key of the scheme. */
  openNativeKey(pem: Uint8Array, scheme: SignatureScheme): NativeKey
  /** Curves for which a signature costs the runtime less than a switch to another thread. */
  readonly quickCurves: readonly string[]
}

/** The kind of a key, in the words of a JWK (RFC 7518 section 6, RFC 8037). */
export interface GeneratedKind {
  readonly kty: 'RSA' | 'EC' | 'OKP'
  readonly crv?: string
}

/** How a key signs. */
export interface SignatureScheme {
  /** Null: the scheme hashes in its own way (Ed25519). */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null
  /** True: an RSA key signs by PSS, with a salt as long as the hash. False: by PKCS#1 v1.5. */
  readonly isPss: boolean
  /** Bytes of each half of r || s, the form of RFC 7518 section 3.4; 0 for a key that is not of an elliptic curve. */
  readonly coordinateBytes: number
}

/** A private key in a library outside of JavaScript. */
export interface NativeKey {
  /** Signs on the calling thread and blocks it meanwhile. Throws if it fails, and after {@link free}. */
  sign(data: Uint8Array): Uint8Array
  /** Gives the key back to its library. A second call does nothing. */
  free(): void
}
