import * as jose from 'jose'
import type { Platform } from '../../platform/platform.ts'
import type { NativeKey } from '../../platform/signing.ts'
import type { SignatureAlgorithm } from '../../protocol/algorithms.ts'
import { UnavailableError } from '../../protocol/errors.ts'
import { type KeySize, kindOfKey, signatureSchemes, subtleScheme } from './sign-schemes.ts'
import type { Turns } from './sign-turns.ts'

/** One way to make the signatures of a key. */
export interface SignatureMaker {
  /** The signature over `data` as a JWS has it (RFC 7518 section 3); a promise where it is made on another thread, or later. */
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Frees what the key has outside of JavaScript, after the signatures that were asked for. */
  free(): void
}

/** What makes the signatures of one key; a signature that cannot be made throws. */
export interface Signer extends Pick<SignatureMaker, 'sign'> {
  /** Frees the key; after that nothing is signed. */
  close(): void
}

/** A key that is about to sign. */
export interface SignerKey extends KeySize {
  /** PKCS#8. */
  readonly pem: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** Where signatures are made. */
export interface SigningEngine {
  /** Throws OpensslError for a key that the engine does not take. */
  openSigner(key: SignerKey): Signer
  /** Frees every key. */
  close(): void
}

/** A signer whose way can be changed between two signatures. */
export class SwitchedSigner implements Signer {
  #maker: SignatureMaker

  constructor(maker: SignatureMaker) {
    this.#maker = maker
  }

  get isClosed(): boolean {
    return this.#maker === closed
  }

  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return this.#maker.sign(data)
  }

  use(maker: SignatureMaker): void {
    const last = this.#maker
    this.#maker = maker
    last.free()
  }

  close(): void {
    this.use(closed)
  }
}

const closed: SignatureMaker = {
  sign: () => {
    throw new UnavailableError('The signing key was retired a moment ago')
  },
  free: () => {},
}

/** On the threads of the runtime, as many at once as there are cores. */
export function makeOnThreads({ privateKey, algorithm }: SignerKey): SignatureMaker {
  const scheme = subtleScheme(algorithm)
  return {
    sign: async (data) =>
      new Uint8Array(await crypto.subtle.sign(scheme, privateKey, data as Uint8Array<ArrayBuffer>)),
    free: () => {},
  }
}

/** How the built-in engine signs. */
export interface BuiltinOptions {
  readonly host: Pick<Platform, 'openNativeKey' | 'quickCurves'>
  /** Whether cores are left for the threads of the runtime, which cost a twelfth more than signing on this one. */
  readonly hasThreads: boolean
  readonly turns: Turns
}

/** In the runtime: on other threads where there are cores for them, and the way there costs less than the signature. */
export function makeBuiltin(key: SignerKey, { host, hasThreads, turns }: BuiltinOptions): SignatureMaker {
  if (hasThreads && !host.quickCurves.includes(kindOfKey(key))) return makeOnThreads(key)
  const native = withPem(key.pem, (pem) => host.openNativeKey(pem, signatureSchemes[key.algorithm]))
  return makeInTurn(key, native, turns)
}

/** On this thread, in a turn of its own where a signature takes longer than the rest of a request. */
export function makeInTurn(key: KeySize, native: NativeKey, turns: Turns): SignatureMaker {
  if (['P-256', 'Ed25519'].includes(kindOfKey(key))) return native
  return {
    sign: (data) => turns.run(() => native.sign(data)),
    free: () => void turns.run(() => native.free()),
  }
}

/** Hands over the bytes of a PEM and overwrites them afterwards. The text itself nobody can overwrite. */
export function withPem<T>(text: string, work: (pem: Uint8Array) => T): T {
  const pem = new TextEncoder().encode(text)
  try {
    return work(pem)
  } finally {
    pem.fill(0)
  }
}

/** Everything on the threads of the runtime: for keys that sign little. */
export const threadEngine: SigningEngine = {
  openSigner: (key) => new SwitchedSigner(makeOnThreads(key)),
  close: () => {},
}

/**
 * A compact JWS (RFC 7515 section 7.1) over a protected header that is in base64url already. jose takes keys and no
 * makers of signatures, so the three parts are put together here; it verifies what comes out, in {@link checkSigner} and always.
 */
export async function signCompact(
  header: string,
  payload: string,
  signer: Pick<Signer, 'sign'>,
): Promise<string> {
  const input = `${header}.${jose.base64url.encode(payload)}`
  const signature = await signer.sign(encoder.encode(input))
  return `${input}.${jose.base64url.encode(signature)}`
}

const encoder = new TextEncoder()

/** Makes a signature and lets jose verify it with the public half; throws what jose throws. */
export async function checkSigner(
  signer: Pick<Signer, 'sign'>,
  { algorithm, publicKey }: { readonly algorithm: SignatureAlgorithm; readonly publicKey: CryptoKey },
): Promise<void> {
  const header = jose.base64url.encode(JSON.stringify({ alg: algorithm }))
  await jose.compactVerify(await signCompact(header, '\0', signer), publicKey)
}
