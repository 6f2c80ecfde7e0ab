import type { NativeKey, SignatureScheme } from '../signing.ts'

/** The OpenSSL 3 of the host, in which keys can sign. */
export interface OpensslHost {
  /**
   * Returns why the OpenSSL of the host would not sign faster than the runtime with keys of this kind; undefined if it may be faster. `kind`
   * is RSA with its bits, such as `RSA 2048`, or a curve.
   */
  weighOpenssl(kind: string): Promise<string | undefined>
  /** Opens the OpenSSL 3 of the host. Throws {@link OpensslError} if the host has none, or this process may not call it. */
  openOpenssl(): Promise<Openssl>
}

/** A key in OpenSSL. OpenSSL overwrites the key when it is freed. */
export interface OpensslKey extends NativeKey {
  /** The provider that makes its signatures, such as default or fips. */
  readonly provider: string
}

export interface Openssl {
  readonly path: string
  /** For example OpenSSL 3.0.19 27 Jan 2026. */
  readonly version: string
  /** Opens the key in a PKCS#8 PEM. Throws {@link OpensslError}. */
  openKey(pem: Uint8Array, scheme: SignatureScheme): OpensslKey
  /** The number of keys that were opened and are not freed. */
  readonly openKeys: number
  /** Frees every key. */
  close(): void
}

/** OpenSSL cannot be used, or an operation failed. `message` names the libraries or the operation that were tried. */
export class OpensslError extends Error {}
