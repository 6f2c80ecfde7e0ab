import type { KeyObject, SignKeyObjectInput } from 'node:crypto'
import process from 'node:process'
import type { NativeKey, SignatureScheme } from '../signing.ts'

/**
 * A private key that node:crypto signs with, in one call on this thread. For P-256 and Ed25519 this takes two thirds of the
 * time of crypto.subtle, which passes each signature to a thread and back.
 */
export function openNativeKey(pem: Uint8Array, scheme: SignatureScheme): NativeKey {
  // Loaded at the first key, because a start with RSA keys does not need it.
  crypto ??= process.getBuiltinModule('node:crypto')
  return new NodeKey(crypto.createPrivateKey({ key: pem as Buffer, format: 'pem' }), scheme)
}

let crypto: typeof import('node:crypto') | undefined

/** The parameters of a scheme: one object for all its keys. A key is put into it for each call. */
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

/** The class has almost no fields, because there may be ten thousand objects. */
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
      // Otherwise this object would keep the last key in memory.
      input.key = undefined
    }
  }

  /** The runtime frees and overwrites the key once nothing refers to it. */
  free(): void {
    this.#key = undefined
  }
}

function pss() {
  const { RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = process.getBuiltinModule('node:crypto').constants
  return { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST }
}
