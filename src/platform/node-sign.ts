import type { SignKeyObjectInput } from 'node:crypto'
import process from 'node:process'
import type { NativeKey, SignatureScheme } from './platform.ts'

/**
 * A private key that node:crypto signs with, in one call on this thread. For P-256 and Ed25519 that takes two thirds of what
 * crypto.subtle takes, which hands each signature to a thread and back.
 */
export function openNativeKey(pem: Uint8Array, { hash, isPss, coordinateBytes }: SignatureScheme): NativeKey {
  // Loaded at the first key: a start with RSA keys has no need of it.
  const { constants, createPrivateKey, sign } = process.getBuiltinModule('node:crypto')
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const options = { ...(coordinateBytes > 0 && ({ dsaEncoding: 'ieee-p1363' } as const)), ...(isPss && pss) }
  const key = createPrivateKey({ key: pem as Buffer, format: 'pem' })
  let input: SignKeyObjectInput | undefined = { key, ...options }
  return {
    sign: (data) => {
      if (!input) throw new TypeError('The key was freed')
      return sign(hash, data, input)
    },
    // The runtime frees and overwrites it once nothing refers to it.
    free: () => {
      input = undefined
    },
  }
}
