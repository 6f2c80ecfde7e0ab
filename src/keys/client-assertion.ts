import * as jose from 'jose'
import { longestAssertion } from '../protocol/client-authentication.ts'
import {
  type AssertionAlgorithm,
  algorithmsOf,
  assertionAlgorithms,
  type ClientJwk,
} from '../protocol/client-jwks.ts'
import { dummyKeyFor } from './dummy-keys.ts'

/** A JWT with which a client authenticates (RFC 7523 section 2.2), not verified yet. */
export interface ClientAssertion {
  readonly text: string
  /** Undefined for an algorithm that grantd does not use, such as none and HS256. */
  readonly algorithm: AssertionAlgorithm | undefined
  readonly kid: string | undefined
  /** Whether the header has a member that grantd does not accept, such as an embedded key, a critical extension or another typ. */
  readonly hasForeignHeader: boolean
  readonly claims: Readonly<Record<string, unknown>>
}

/** Members that name a key or change the meaning of the signature. The sender must not choose how grantd verifies. */
const foreignMembers = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip'] as const
/** Accepted types. Another type, such as at+jwt, means that the JWT has another purpose (RFC 8725 section 3.11). */
const types = /^(?:application\/)?(?:jwt|client-authentication\+jwt)$/i

/** Decoders of base64 skip white space; this form has none (RFC 7515 section 7.1). */
const compactJws = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** Returns undefined for a text that is no signed JWT, or a very long one. */
export function parseClientAssertion(text: string): ClientAssertion | undefined {
  if (text.length > longestAssertion || !compactJws.test(text)) return undefined
  try {
    const header: Readonly<Record<string, unknown>> = { ...jose.decodeProtectedHeader(text) }
    const { alg, kid, typ } = header
    return {
      text,
      algorithm: isOurs(alg) ? alg : undefined,
      kid: typeof kid === 'string' ? kid : undefined,
      hasForeignHeader:
        foreignMembers.some((name) => Object.hasOwn(header, name)) ||
        (kid !== undefined && typeof kid !== 'string') ||
        (typ !== undefined && !(typeof typ === 'string' && types.test(typ))),
      claims: jose.decodeJwt(text),
    }
  } catch {
    return undefined
  }
}

function isOurs(alg: unknown): alg is AssertionAlgorithm {
  return typeof alg === 'string' && Object.hasOwn(assertionAlgorithms, alg)
}

/** Returns the keys that may have signed the assertion: the kind, the `alg` and, if the assertion names one, the kid fit. */
export function fittingKeys(
  { algorithm, kid }: ClientAssertion,
  keys: readonly ClientJwk[],
): readonly ClientJwk[] {
  if (algorithm === undefined) return []
  return keys.filter((key) => (kid === undefined || key.kid === kid) && algorithmsOf(key).includes(algorithm))
}

/**
 * Returns the id of the key among `keys` that signed the assertion: its kid, or its RFC 7638 thumbprint. Undefined when none did. Tries
 * all fitting keys, and a dummy key if none fits, so that the time reveals little about the keys. For an algorithm that grantd does not
 * use, it tries no key.
 */
export async function findSigner(
  assertion: ClientAssertion,
  keys: readonly ClientJwk[],
): Promise<string | undefined> {
  const { algorithm, text } = assertion
  if (algorithm === undefined) return undefined
  const fitting = fittingKeys(assertion, keys)
  if (fitting.length === 0) await isSignedBy(text, { algorithm, key: dummyKeyFor(algorithm) })
  let signer: ClientJwk | undefined
  for (const key of fitting) {
    if (await isSignedBy(text, { algorithm, key })) signer ??= key
  }
  return signer && (signer.kid ?? (await jose.calculateJwkThumbprint({ ...signer })))
}

async function isSignedBy(
  text: string,
  { algorithm, key }: { algorithm: AssertionAlgorithm; key: ClientJwk },
): Promise<boolean> {
  try {
    // jose caches the imported key by this object, and a client of config.yaml keeps the same object.
    const jwk = key.alg === undefined || key.alg === algorithm ? key : { ...key, alg: algorithm }
    await jose.compactVerify(text, jwk, { algorithms: [algorithm] })
    return true
  } catch {
    // A key that cannot be imported, such as a point that is not on the curve, has signed nothing.
    return false
  }
}
