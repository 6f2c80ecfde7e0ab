import type { NativeKey, SignatureScheme } from '../signing.ts'

/** The OpenSSL 3 of the host, in which keys can sign. */
export interface OpensslHost {
  /**
   * Why the OpenSSL of the host would make signatures with such keys no faster than the runtime; undefined: it may. `kind` is
   * RSA with its bits, such as `RSA 2048`, or a curve.
   */
  weighOpenssl(kind: string): Promise<string | undefined>
  /** The OpenSSL 3 of the host. Throws {@link OpensslError} where there is none, or no right to call it. */
  openOpenssl(): Promise<Openssl>
}

/** A key in OpenSSL, which overwrites it when it is freed. */
export interface OpensslKey extends NativeKey {
  /** The provider that makes its signatures, such as default or fips. */
  readonly provider: string
}

export interface Openssl {
  readonly path: string
  /** Such as OpenSSL 3.0.19 27 Jan 2026. */
  readonly version: string
  /** Takes the key over from a PKCS#8 PEM. Throws {@link OpensslError}. */
  openKey(pem: Uint8Array, scheme: SignatureScheme): OpensslKey
  /** Keys that were opened and are not freed. */
  readonly openKeys: number
  /** Frees every key. */
  close(): void
}

/** OpenSSL cannot be used, or refused something; `message` says what, and names what was tried. */
export class OpensslError extends Error {}
