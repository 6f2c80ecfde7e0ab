import * as jose from 'jose'
import type { SignatureAlgorithm } from '../../protocol/algorithms.ts'
import { UnavailableError } from '../../protocol/errors.ts'
import { type KeySize, subtleScheme } from './sign-schemes.ts'

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
  /** Throws for a key that the engine does not take. */
  openSigner(key: SignerKey): Signer
  /** Why the engine does not take a key, for an error of the engine or of a signer; undefined: the key itself is at fault. */
  findRefusal(cause: unknown): string | undefined
  /** Frees every key. */
  close(): void
}

/** The engine that the configuration asks for cannot be had; `message` says why, and the next step. */
export class SigningEngineError extends Error {}

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

/** Everything on the threads of the runtime: for keys that sign little. */
export const threadEngine: SigningEngine = {
  openSigner: (key) => new SwitchedSigner(makeOnThreads(key)),
  findRefusal: () => undefined,
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
