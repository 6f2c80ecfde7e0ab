import * as jose from 'jose'
import { type SignatureAlgorithm, signatureAlgorithms, smallestRsaModulus } from '../protocol/algorithms.ts'
import type { PublicJwk } from '../protocol/messages.ts'
import {
  checkSigner,
  type Signer,
  type SignerKey,
  type SigningEngine,
  threadEngine,
} from './signing/signer.ts'

/** A key that verifies our signatures. */
export interface VerifyingKey {
  readonly kid: string
  readonly algorithm: SignatureAlgorithm
  readonly publicKey: CryptoKey
  readonly jwk: PublicJwk
}

/** A key that signs. Its private half never leaves this room. */
export interface SigningKey extends VerifyingKey {
  readonly privateKey: CryptoKey
  /** Makes the signatures. Close it when the key stops signing. */
  readonly signer: Signer
}

/** The PEM text cannot be used as a signing key. `message` says what it contains and what to do. */
export class KeyMaterialError extends Error {}

/**
 * Parses the signing key in a PEM text. A `kid` of null means the RFC 7638 thumbprint.
 * Throws {@link KeyMaterialError} for anything but an unencrypted PKCS#8 key that fits `algorithm` and that `engine` takes.
 */
export async function parseSigningKey(
  pem: string,
  { algorithm, kid }: { algorithm: SignatureAlgorithm; kid: string | null },
  engine: SigningEngine = threadEngine,
): Promise<SigningKey> {
  const block = findPrivateKey(pem)
  const extractable = await importPrivate(block, algorithm)
  const jwk = await jose.exportJWK(extractable)
  checkModulus(jwk)
  const publicMembers = publicPart(jwk)
  const id = kid ?? (await thumbprintOf(publicMembers))
  const halves = {
    privateKey: (await jose.importPKCS8(block, algorithm)) as CryptoKey,
    publicKey: (await jose.importJWK({ ...publicMembers, alg: algorithm }, algorithm)) as CryptoKey,
  }
  const bits = jwk.n === undefined ? undefined : modulusBits(jwk.n)
  const signer = openSigner({ pem: block, algorithm, modulusBits: bits, ...halves }, engine)
  const key = {
    kid: id,
    algorithm,
    ...halves,
    signer,
    jwk: renderPublicJwk(publicMembers, { kid: id, algorithm }),
  }
  await checkHalvesMatch(key, engine)
  return key
}

/** The RFC 7638 thumbprint of a key. */
export function thumbprintOf(jwk: jose.JWK): Promise<string> {
  return jose.calculateJwkThumbprint(jwk)
}

/** Imports a public JWK that grantd wrote. Throws the error of jose for a JWK that is not a key. */
export async function importVerifyingKey(
  jwk: PublicJwk,
  { algorithm, kid }: { algorithm: SignatureAlgorithm; kid: string },
): Promise<VerifyingKey> {
  const publicMembers = publicPart(jwk)
  const publicKey = (await jose.importJWK({ ...publicMembers, alg: algorithm }, algorithm)) as CryptoKey
  const rendered = renderPublicJwk(publicMembers, { kid, algorithm })
  return { kid, algorithm, publicKey, jwk: rendered }
}

/** The content of each other PEM label, and the next step. */
const otherLabels: readonly (readonly [label: string, complaint: string])[] = [
  ['ENCRYPTED PRIVATE KEY', 'is encrypted; decrypt it: openssl pkcs8 -in OLD -out NEW'],
  [
    'RSA PRIVATE KEY',
    'is a PKCS#1 key, wanted PKCS#8; convert it: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW',
  ],
  [
    'EC PRIVATE KEY',
    'is a SEC1 key, wanted PKCS#8; convert it: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW',
  ],
  ['OPENSSH PRIVATE KEY', 'is an OpenSSH key, wanted PKCS#8; make one: openssl genpkey'],
  ['PUBLIC KEY', 'holds a public key, wanted the private one'],
  ['CERTIFICATE', 'holds a certificate, wanted the private key'],
]

/** Returns the private key in a PEM text, without the text that programs write around it. */
function findPrivateKey(pem: string): string {
  if (pem.trim() === '') {
    throw new KeyMaterialError('is empty; restore it from a backup, or remove it for a new key')
  }
  if (/^Proc-Type: 4,ENCRYPTED/m.test(pem)) throw new KeyMaterialError(otherLabels[0]?.[1])
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1]
  const other = otherLabels.find(([known]) => label?.endsWith(known))
  if (label !== 'PRIVATE KEY' && other) throw new KeyMaterialError(other[1])
  if (label !== 'PRIVATE KEY')
    throw new KeyMaterialError('has no private key in it, wanted PEM with -----BEGIN PRIVATE KEY-----')
  if (pem.indexOf('-----BEGIN ') !== pem.lastIndexOf('-----BEGIN ')) {
    throw new KeyMaterialError('holds more than one thing, wanted one private key alone')
  }
  const [block] = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/.exec(pem) ?? []
  if (block) return block
  throw new KeyMaterialError('is cut off: its END line is missing; restore it from a backup')
}

async function importPrivate(pem: string, algorithm: SignatureAlgorithm): Promise<CryptoKey> {
  try {
    return await jose.importPKCS8(pem, algorithm, { extractable: true })
  } catch (cause) {
    const found = await findKind(pem)
    const wanted = describe(algorithm)
    if (found && describe(found) !== wanted) {
      throw new KeyMaterialError(
        `holds an ${describe(found)} key, wanted an ${wanted} key for ${algorithm}; set signing.algorithm to fit, or name another file`,
        { cause },
      )
    }
    throw new KeyMaterialError(
      'is damaged, or holds a key of a kind that is not RSA, P-256, P-384 or Ed25519; restore it from a backup',
      { cause },
    )
  }
}

/** Finds the kind of the key, as the first algorithm that takes it. */
async function findKind(pem: string): Promise<SignatureAlgorithm | undefined> {
  for (const algorithm of ['RS256', 'ES256', 'ES384', 'EdDSA'] as const) {
    try {
      await jose.importPKCS8(pem, algorithm)
      return algorithm
    } catch {}
  }
  return undefined
}

function describe(algorithm: SignatureAlgorithm): string {
  const kind = signatureAlgorithms[algorithm]
  return 'crv' in kind ? `${kind.kty} ${kind.crv}` : kind.kty
}

/** Bits of the modulus of an RSA key, which is base64url in a JWK. */
export function modulusBits(n: string): number {
  const modulus = jose.base64url.decode(n)
  return modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
}

function checkModulus({ n }: jose.JWK): void {
  const bits = n === undefined ? undefined : modulusBits(n)
  if (bits === undefined || bits >= smallestRsaModulus) return
  throw new KeyMaterialError(`is an RSA key of ${bits} bits, wanted at least ${smallestRsaModulus}`)
}

function publicPart({ kty, n, e, crv, x, y }: jose.JWK): jose.JWK {
  const members = { kty, n, e, crv, x, y }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as jose.JWK
}

function renderPublicJwk(
  { kty, n, e, crv, x, y }: jose.JWK,
  { kid, algorithm }: { kid: string; algorithm: SignatureAlgorithm },
): PublicJwk {
  const members = { kty: kty ?? '', use: 'sig' as const, kid, n, e, crv, x, y, alg: algorithm }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as PublicJwk
}

function openSigner(key: SignerKey, engine: SigningEngine): Signer {
  try {
    return engine.openSigner(key)
  } catch (cause) {
    throw findRefusal(cause, engine) ?? cause
  }
}

function findRefusal(cause: unknown, engine: SigningEngine): KeyMaterialError | undefined {
  const complaint = engine.findRefusal(cause)
  return complaint === undefined ? undefined : new KeyMaterialError(complaint, { cause })
}

/** Checks both halves, because a private key with a wrong public half (a flipped bit) would sign tokens that cannot be verified. */
async function checkHalvesMatch(
  key: Pick<SigningKey, 'algorithm' | 'publicKey' | 'signer'>,
  engine: SigningEngine,
): Promise<void> {
  try {
    await checkSigner(key.signer, key)
  } catch (cause) {
    key.signer.close()
    const damage = 'is damaged: its two halves do not fit; restore it from a backup'
    throw findRefusal(cause, engine) ?? new KeyMaterialError(damage, { cause })
  }
}
