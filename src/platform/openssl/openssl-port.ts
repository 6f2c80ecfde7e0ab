import type { NativeKey, SignatureScheme } from '../signing.ts'
import type { Pointer } from './openssl-functions.ts'

/** The OpenSSL 3 of the host, in which keys can sign. */
export interface OpensslHost {
  /**
   * Returns why the OpenSSL of the host would not sign faster than the runtime with keys of this kind; undefined if it may be faster. `kind`
   * is RSA with its bits, such as `RSA 2048`, or a curve.
   */
  weighOpenssl(kind: string): Promise<string | undefined>
  /** Opens the OpenSSL 3 of the host. Throws {@link OpensslError} if the host has none, or this process may not call it. */
  openOpenssl(): Promise<Openssl>
  /** Threads of one process that may sign with OpenSSL; 0: this runtime has none. */
  readonly mostOpensslThreads: number
  /** Makes threads that sign with the keys of the library. Each starts when there is work for it. Throws where there may be none. */
  openThreads(library: Openssl, options: OpensslThreadsOptions): Promise<OpensslThreads>
}

export interface OpensslThreadsOptions {
  /** At least 1. */
  readonly most: number
  readonly onEnd: (end: ThreadEnd) => void
}

/** A thread has ended by itself. */
export interface ThreadEnd {
  readonly reason: string
  /** Threads that still sign. */
  readonly left: number
}

/** Threads of this process that sign with keys that it opened. No part of a key goes to them, only its address. */
export interface OpensslThreads {
  /**
   * Signs on a thread; undefined, now or later: no thread does it, and the caller has to. The key must not be freed meanwhile. Rejects with
   * {@link OpensslError}.
   */
  sign(key: SharedKey, data: Uint8Array): Promise<Uint8Array | undefined> | undefined
  /** Ends the threads. Resolves once none of them uses a key. */
  close(): Promise<void>
}

/** What a thread of this process needs to sign with a key. */
export interface SharedKey {
  readonly pointer: Pointer
  readonly scheme: SignatureScheme
}

/** A key in OpenSSL. OpenSSL overwrites the key when it is freed. */
export interface OpensslKey extends NativeKey {
  /** The provider that makes its signatures, such as default or fips. */
  readonly provider: string
  /** Valid until the key is freed. Throws {@link OpensslError} afterwards. */
  share(): SharedKey
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
