import * as jose from 'jose'
import type { SignatureAlgorithm } from '../../protocol/algorithms.ts'
import { UnavailableError } from '../../protocol/errors.ts'
import { type KeySize, subtleScheme } from './sign-schemes.ts'

/** One way to make the signatures of a key. */
export interface SignatureMaker {
  /** Signs `data` in the form of a JWS (RFC 7518 section 3). Returns a promise if another thread signs, or a later turn. */
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Frees the memory of the key outside JavaScript, after the signatures that wait. */
  free(): void
}

/** Makes the signatures of one key. Throws when it cannot. */
export interface Signer extends Pick<SignatureMaker, 'sign'> {
  /** Frees the key. It signs nothing after that. */
  close(): void
}

/** A private key, ready for an engine. */
export interface SignerKey extends KeySize {
  /** PKCS#8. */
  readonly pem: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** Makes signatures for many keys. */
export interface SigningEngine {
  /** Throws for a key that the engine does not take. */
  openSigner(key: SignerKey): Signer
  /** Explains an error of the engine or of a signer: why the engine does not take the key. Undefined: the key itself is at fault. */
  findRefusal(cause: unknown): string | undefined
  /** Frees every key. */
  close(): void
}

/** The engine of the configuration is not available; `message` says why, and the next step. */
export class SigningEngineError extends Error {}

/** A signer that can change to another maker between two signatures. */
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

/** Signs on threads of the runtime, as many at once as there are cores. */
export function makeOnThreads({ privateKey, algorithm }: SignerKey): SignatureMaker {
  const scheme = subtleScheme(algorithm)
  return {
    sign: async (data) =>
      new Uint8Array(await crypto.subtle.sign(scheme, privateKey, data as Uint8Array<ArrayBuffer>)),
    free: () => {},
  }
}

/** Signs everything on threads of the runtime. It is for keys that sign rarely. */
export const threadEngine: SigningEngine = {
  openSigner: (key) => new SwitchedSigner(makeOnThreads(key)),
  findRefusal: () => undefined,
  close: () => {},
}

/**
 * Makes a compact JWS (RFC 7515 section 7.1); `header` is in base64url already. jose accepts keys and no other signers, so this function
 * joins the three parts. jose verifies the result, in {@link checkSigner} and for every token.
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

/** Makes a signature, and jose verifies it with the public half. Throws the error of the signer or of jose. */
export async function checkSigner(
  signer: Pick<Signer, 'sign'>,
  { algorithm, publicKey }: { readonly algorithm: SignatureAlgorithm; readonly publicKey: CryptoKey },
): Promise<void> {
  const header = jose.base64url.encode(JSON.stringify({ alg: algorithm }))
  await jose.compactVerify(await signCompact(header, '\0', signer), publicKey)
}
