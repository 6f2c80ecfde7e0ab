import type { SignatureScheme } from '../../platform/signing.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from '../../protocol/algorithms.ts'

const rsa = (hash: SignatureScheme['hash'], isPss: boolean) => ({ hash, isPss, coordinateBytes: 0 })
const ec = (hash: SignatureScheme['hash'], coordinateBytes: number) => ({
  hash,
  isPss: false,
  coordinateBytes,
})

/** The signature scheme of each algorithm (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1). */
export const signatureSchemes: Readonly<Record<SignatureAlgorithm, SignatureScheme>> = {
  RS256: rsa('sha256', false),
  RS384: rsa('sha384', false),
  RS512: rsa('sha512', false),
  PS256: rsa('sha256', true),
  PS384: rsa('sha384', true),
  PS512: rsa('sha512', true),
  ES256: ec('sha256', 32),
  ES384: ec('sha384', 48),
  EdDSA: { hash: null, isPss: false, coordinateBytes: 0 },
}

/** The scheme as crypto.subtle takes it. Its RSA keys know their hash. */
export function subtleScheme(
  algorithm: SignatureAlgorithm,
): AlgorithmIdentifier | RsaPssParams | EcdsaParams {
  const { hash, isPss, coordinateBytes } = signatureSchemes[algorithm]
  if (hash === null) return 'Ed25519'
  const bits = hash.slice('sha'.length)
  if (coordinateBytes > 0) return { name: 'ECDSA', hash: `SHA-${bits}` }
  return isPss ? { name: 'RSA-PSS', saltLength: Number(bits) / 8 } : 'RSASSA-PKCS1-v1_5'
}

/** The kind of a key, on which the cost of a signature depends: RSA with its bits, such as `RSA 2048`, or a curve. */
export function kindOfKey({ algorithm, modulusBits }: KeySize): string {
  const kind = signatureAlgorithms[algorithm]
  return 'crv' in kind ? kind.crv : `${kind.kty} ${modulusBits}`
}

export interface KeySize {
  readonly algorithm: SignatureAlgorithm
  /** Only for RSA. */
  readonly modulusBits: number | undefined
}
