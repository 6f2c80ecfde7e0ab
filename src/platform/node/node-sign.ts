import type { KeyObject, SignKeyObjectInput } from 'node:crypto'
import process from 'node:process'
import type { NativeKey, SignatureScheme } from '../signing.ts'

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

/** How the keys of a scheme sign: one object for all of them, into which a key is put for one call. */
interface Way {
  readonly hash: string | null
  readonly input: Omit<SignKeyObjectInput, 'key'> & { key: KeyObject | undefined }
}

const ways = new WeakMap<SignatureScheme, Way>()

function wayOf(scheme: SignatureScheme): Way {
  const known = ways.get(scheme)
  if (known) return known
  const { hash, isPss, coordinateBytes } = scheme
  const encoding = { ...(coordinateBytes > 0 && { dsaEncoding: 'ieee-p1363' as const }), ...(isPss && pss()) }
  const way: Way = { hash, input: { key: undefined, ...encoding } }
  ways.set(scheme, way)
  return way
}

/** Of a class, and with next to nothing of its own, for there may be ten thousand of them. */
class NodeKey implements NativeKey {
  readonly #way: Way
  #key: KeyObject | undefined

  constructor(key: KeyObject, scheme: SignatureScheme) {
    this.#way = wayOf(scheme)
    this.#key = key
  }

  sign(data: Uint8Array): Uint8Array {
    if (!crypto || !this.#key) throw new TypeError('The key was freed')
    const { hash, input } = this.#way
    input.key = this.#key
    try {
      return crypto.sign(hash, data, input as SignKeyObjectInput)
    } finally {
      // Else the last key would outlive its end.
      input.key = undefined
    }
  }

  /** The runtime frees and overwrites it once nothing refers to it. */
  free(): void {
    this.#key = undefined
  }
}

function pss() {
  const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = process.getBuiltinModule('node:crypto').constants
  return { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST }
}
