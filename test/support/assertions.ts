import * as jose from 'jose'
import type { SignatureAlgorithm } from '../../src/protocol/algorithms.ts'
import { assertionType } from '../../src/protocol/client-authentication.ts'
import { testStart } from './test-app.ts'

/** A key pair of a client. */
export interface ClientKeyPair {
  readonly algorithm: SignatureAlgorithm
  readonly privateKey: CryptoKey
  /** The public half, with kid and alg. */
  readonly jwk: jose.JWK
}

export async function newClientKey(algorithm: SignatureAlgorithm, kid?: string): Promise<ClientKeyPair> {
  const options = algorithm === 'EdDSA' ? { crv: 'Ed25519' } : {}
  const { publicKey, privateKey } = await jose.generateKeyPair(algorithm, { extractable: true, ...options })
  const jwk = { ...(await jose.exportJWK(publicKey)), alg: algorithm, ...(kid !== undefined && { kid }) }
  return { algorithm, privateKey, jwk }
}

/** Each assertion of these tests has a jti of its own. */
let count = 0

export interface AssertionParts {
  readonly clientId: string
  readonly audience: unknown
  readonly key: Pick<ClientKeyPair, 'algorithm' | 'privateKey'> & { readonly jwk?: jose.JWK }
  /** Over the usual ones; undefined takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

/** A good assertion of a minute, but for what `claims` and `header` change. */
export function signAssertion({ clientId, audience, key, claims, header }: AssertionParts): Promise<string> {
  const now = testStart / 1000
  count += 1
  const usual = { iss: clientId, sub: clientId, aud: audience, iat: now, exp: now + 60, jti: `jti-${count}` }
  const kid = key.jwk?.kid
  return new jose.CompactSign(new TextEncoder().encode(JSON.stringify({ ...usual, ...claims })))
    .setProtectedHeader({ alg: key.algorithm, ...(kid !== undefined && { kid }), ...header })
    .sign(key.privateKey)
}

/** The members of a form that hold an assertion. */
export function withAssertion(assertion: string) {
  return { client_assertion_type: assertionType, client_assertion: assertion }
}
