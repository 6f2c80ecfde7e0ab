import type { KeyObject, SignKeyObjectInput } from 'node:crypto'
import process from 'node:process'
import type { NativeKey, SignatureScheme } from './platform.ts'

/**
 * A private key that node:crypto signs with, in one call on this thread. For P-256 and Ed25519 that takes two thirds of what
 * crypto.subtle takes, which hands each signature to a thread and back.
 */
export function openNativeKey(pem: Uint8Array, scheme: SignatureScheme): NativeKey {
  // Loaded at the first key: a start with RSA keys has no need of it.
  crypto ??= process.getBuiltinModule('node:crypto')
  return new NodeKey(crypto.createPrivateKey({ key: pem as Buffer, format: 'pem' }), scheme)
}

let crypto: typeof import('node:crypto') | undefined

/** Of a class, for there may be ten thousand of them, and functions of its own would be most of one. */
class NodeKey implements NativeKey {
  readonly #hash: string | null
  #input: SignKeyObjectInput | undefined

  constructor(key: KeyObject, { hash, isPss, coordinateBytes }: SignatureScheme) {
    this.#hash = hash
    this.#input = { key, ...(coordinateBytes > 0 && { dsaEncoding: 'ieee-p1363' }), ...(isPss && pss()) }
  }

  sign(data: Uint8Array): Uint8Array {
    if (!crypto || !this.#input) throw new TypeError('The key was freed')
    return crypto.sign(this.#hash, data, this.#input)
  }

  /** The runtime frees and overwrites it once nothing refers to it. */
  free(): void {
    this.#input = undefined
  }
}

function pss() {
  const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = process.getBuiltinModule('node:crypto').constants
  return { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST }
}
