import * as jose from 'jose'
import { type SignatureAlgorithm, signatureAlgorithms } from '../protocol/algorithms.ts'
import { type ClientJwk, parseClientJwks } from '../protocol/client-jwks.ts'

/** A new key pair of a client of private_key_jwt. */
export interface ClientKeyPair {
  /** JSON of the private JWK, with kid and alg: the file of the client. */
  readonly privateJwk: string
  readonly publicJwk: ClientJwk
}

const rsaBits = 2048

/** Makes a key pair. An undefined `kid` becomes the RFC 7638 thumbprint. */
export async function generateClientKey(algorithm: SignatureAlgorithm, kid?: string): Promise<ClientKeyPair> {
  const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, {
    extractable: true,
    modulusLength: rsaBits,
  })
  const bare = await jose.exportJWK(publicKey)
  const named = { kid: kid ?? (await jose.calculateJwkThumbprint(bare)), alg: algorithm }
  const parsed = parseClientJwks({ keys: [{ ...bare, ...named }] })
  const publicJwk = 'keys' in parsed ? parsed.keys[0] : undefined
  if (!publicJwk) throw new TypeError('A key that was made is not one that a client can have')
  const privateJwk = { ...(await jose.exportJWK(privateKey)), ...named, use: 'sig' }
  return { privateJwk: `${JSON.stringify(privateJwk)}\n`, publicJwk }
}

/** The text is not a private JWK that grantd can use. `message` says why and never quotes the text. */
export class ClientKeyInvalid extends Error {}

export interface AssertionToSign {
  readonly clientId: string
  readonly audience: string
  readonly jti: string
  /** Seconds since the epoch. */
  readonly now: number
}

/** Seconds. Long enough for a slow network, and too short for a thief. */
const assertionLife = 60

/** Returns an assertion of RFC 7523 section 2.2 by the private JWK in `text`. Throws {@link ClientKeyInvalid}. */
export async function signClientAssertion(
  text: string,
  { clientId, audience, jti, now }: AssertionToSign,
): Promise<string> {
  const { jwk, algorithm, kid } = readPrivateJwk(text)
  const claims = { iss: clientId, sub: clientId, aud: audience, iat: now, exp: now + assertionLife, jti }
  try {
    return await new jose.CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(kid !== undefined && { kid }) })
      .sign(await jose.importJWK(jwk, algorithm))
  } catch {
    // The error of the platform may quote the key, so it is left out.
    throw new ClientKeyInvalid('is a private key that does not sign')
  }
}

function readPrivateJwk(text: string): {
  jwk: jose.JWK
  algorithm: SignatureAlgorithm
  kid: string | undefined
} {
  const jwk = parseJwk(text)
  const { alg, kid } = jwk
  if (typeof jwk.d !== 'string') throw new ClientKeyInvalid('is not a private key as a JWK (RFC 7517)')
  const algorithm = Object.keys(signatureAlgorithms).find((name) => name === alg)
  if (algorithm === undefined)
    throw new ClientKeyInvalid(`has no alg, wanted one of ${Object.keys(signatureAlgorithms).join(' ')}`)
  return { jwk, algorithm: algorithm as SignatureAlgorithm, kid: typeof kid === 'string' ? kid : undefined }
}

function parseJwk(text: string): jose.JWK {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { ...value } as jose.JWK
  } catch {
    // The error below does not quote the text.
  }
  throw new ClientKeyInvalid('is not JSON, wanted a private key as a JWK (RFC 7517)')
}
