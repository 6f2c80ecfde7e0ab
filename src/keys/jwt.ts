import * as jose from 'jose'
import type { Hashing } from '../platform/hashing.ts'
import { hashBitsOf, type SignatureAlgorithm, signatureAlgorithms } from '../protocol/algorithms.ts'
import { signCompact } from './signing/signer.ts'
import type { SigningKey, VerifyingKey } from './signing-key.ts'
import type { TenantKeys } from './tenant-keys.ts'

const allAlgorithms = Object.keys(signatureAlgorithms)

/** Signs claims as a compact JWS. The header is alg, typ, kid in that order. Throws when the signature cannot be made. */
export function signJwt(
  claims: Readonly<Record<string, unknown>>,
  { key, typ }: { key: SigningKey; typ: string },
): Promise<string> {
  const { algorithm: alg, kid, signer } = key
  const header = jose.base64url.encode(JSON.stringify({ alg, typ, kid }))
  return signCompact(header, JSON.stringify(claims), signer)
}

/**
 * The hash of a token for the ID token beside it, such as `at_hash`: the left half of the digest, in base64url, by the hash function of
 * the algorithm that signs the ID token (OpenID Connect Core section 3.1.3.6).
 */
export function hashOfToken(
  token: string,
  algorithm: SignatureAlgorithm,
  hashing: Pick<Hashing, 'sha256' | 'sha384' | 'sha512'>,
): string {
  const digest = digests[hashBitsOf(algorithm)](token, hashing)
  return jose.base64url.encode(digest.subarray(0, digest.length / 2))
}

const digests = {
  256: (text: string, { sha256 }: Pick<Hashing, 'sha256'>) => sha256(text),
  384: (text: string, { sha384 }: Pick<Hashing, 'sha384'>) => sha384(text),
  512: (text: string, { sha512 }: Pick<Hashing, 'sha512'>) => sha512(text),
} as const

/** The content of a JWT that is not verified yet. */
export interface UnverifiedJwt {
  readonly issuer: string
  readonly kid: string
  readonly typ: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
}

/** Reads a JWT without verifying it; undefined for a text that is not a JWT. Use the issuer and the key id only to find our own key. */
export function peekJwt(token: string): UnverifiedJwt | undefined {
  try {
    const { kid, typ } = jose.decodeProtectedHeader(token)
    const claims = jose.decodeJwt(token)
    const { iss } = claims
    return typeof kid === 'string' && typeof iss === 'string' ? { issuer: iss, kid, typ, claims } : undefined
  } catch {
    return undefined
  }
}

/** Milliseconds by which the clock of the replica that issued a token may be ahead of ours. */
export const clockLeeway = 30_000

export interface VerifyOptions {
  readonly keys: TenantKeys
  readonly issuer: string
  readonly types: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Default true. False: a token without exp never expires. */
  readonly requireExpiry?: boolean
  /** Seconds for which an expired token is accepted still. Default 0. */
  readonly expiredFor?: number
  /** Default false: a token with an iat later than `now` is refused. */
  readonly allowFuture?: boolean
}

/** One of our keys signed the token, and it has expired. */
export class JwtExpired extends Error {}

/** The token is not ours, or it was changed. */
export class JwtInvalid extends Error {}

/**
 * Returns the claims of a JWT that one of `keys` signed and that has not expired. Only `iat` has a leeway, {@link clockLeeway}.
 * Throws {@link JwtExpired} for a token that is valid except for its time, {@link JwtInvalid} for any other, and StorageError when
 * the key is not in memory and the storage cannot say whether it is one of ours.
 */
export async function verifyJwt(token: string, options: VerifyOptions): Promise<Record<string, unknown>> {
  return (await verifyJwtByKey(token, options)).claims
}

/** The claims, the typ, and the key that made the signature. */
export interface VerifiedJwt {
  readonly claims: Record<string, unknown>
  readonly typ: string
  readonly key: VerifyingKey
}

/** Like {@link verifyJwt}, and returns the key as well. */
export async function verifyJwtByKey(token: string, options: VerifyOptions): Promise<VerifiedJwt> {
  checkCanonical(token)
  let picked: Omit<VerifiedJwt, 'claims'> | undefined
  const getKey = async (header: jose.JWTHeaderParameters) => {
    picked = await pickKey(header, options)
    return picked.key.publicKey
  }
  try {
    const { payload } = await jose.jwtVerify(token, getKey, {
      algorithms: allAlgorithms,
      issuer: options.issuer,
      requiredClaims: options.requireExpiry === false ? ['iat'] : ['exp', 'iat'],
      clockTolerance: options.expiredFor ?? 0,
      currentDate: new Date(options.now),
    })
    const isFuture = (payload.iat ?? 0) * 1000 > options.now + clockLeeway
    if (isFuture && !options.allowFuture) throw new JwtInvalid('issued in the future')
    if (!picked) throw new TypeError('The verifier asked for no key')
    return { claims: payload, ...picked }
  } catch (cause) {
    // The message of jose may quote the token, and this error goes into the log. So it has only the code.
    if (cause instanceof jose.errors.JWTExpired) throw new JwtExpired(cause.code)
    if (cause instanceof jose.errors.JOSEError) throw new JwtInvalid(cause.code)
    throw cause
  }
}

/** Finds the key by its kid. The key decides the algorithm; the alg of the header only has to agree. */
async function pickKey(
  { alg, kid, typ, crit }: jose.JWTHeaderParameters,
  { keys, types }: VerifyOptions,
): Promise<Omit<VerifiedJwt, 'claims'>> {
  // We sign no critical members, so a token with one is not ours.
  if (crit !== undefined) throw new JwtInvalid('critical members')
  if (typ === undefined || !types.includes(typ)) throw new JwtInvalid('another typ')
  const key = typeof kid === 'string' ? (keys.find(kid) ?? (await keys.lookUp(kid))) : undefined
  if (!key || key.algorithm !== alg) throw new JwtInvalid('another key')
  return { key, typ }
}

/** Refuses base64url in another spelling that decodes to the same bytes, so that each token has one spelling. */
function checkCanonical(token: string): void {
  const parts = token.split('.')
  const canonical = parts.length === 3 && parts.every((part) => isCanonicalBase64Url(part))
  if (!canonical) throw new JwtInvalid('not canonical base64url')
}

/** If the last group has two or three characters, four or two bits of the last one are unused. They must be zero (RFC 4648 section 3.5). */
const canonicalBase64Url = /^(?:[\w-]{4})*(?:[\w-]{4}|[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])$/

function isCanonicalBase64Url(text: string): boolean {
  return canonicalBase64Url.test(text)
}

/** A JWT that was not verified. */
export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** The text is not a JWT. `message` says why. */
export class JwtMalformed extends Error {}

/** Decodes a JWT for a person to read. Throws {@link JwtMalformed}. */
export function decodeJwt(token: string): DecodedJwt {
  const parts = token.split('.')
  if (parts.length === 5)
    throw new JwtMalformed('it has five parts: it is encrypted (JWE), and only its reader can open it')
  if (parts.length !== 3)
    throw new JwtMalformed(`wanted 3 parts with dots between them, found ${parts.length}`)
  const names = ['header', 'claims', 'signature']
  const broken = parts.findIndex((part) => !isCanonicalBase64Url(part))
  if (broken >= 0) throw new JwtMalformed(`its ${names[broken]} is not base64url`)
  return {
    header: attemptJson('header', () => ({ ...jose.decodeProtectedHeader(token) })),
    claims: attemptJson('claims', () => jose.decodeJwt(token)),
  }
}

function attemptJson(name: string, decode: () => Record<string, unknown>): Record<string, unknown> {
  try {
    return decode()
  } catch (cause) {
    throw new JwtMalformed(`its ${name} is not a JSON object`, { cause })
  }
}

/** Returns `verified` when a key of the JWK Set signed the token, and otherwise a sentence about why not. */
export async function checkSignature(token: string, jwks: unknown): Promise<'verified' | string> {
  try {
    const keys = jose.createLocalJWKSet(jwks as jose.JSONWebKeySet)
    await jose.compactVerify(token, keys, { algorithms: Object.keys(signatureAlgorithms) })
    return 'verified'
  } catch (cause) {
    // Any other error comes from the runtime, which could not import the JWK.
    if (!(cause instanceof jose.errors.JOSEError))
      return 'cannot be checked: the key in the JWK Set is broken'
    return signatureComplaints[cause.code] ?? `does not verify (${cause.code})`
  }
}

const signatureComplaints: Readonly<Record<string, string>> = {
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'does not verify: the token was changed, or another key signed it',
  ERR_JWKS_NO_MATCHING_KEY: 'does not verify: no key of the JWK Set has its kid and alg',
  ERR_JWKS_INVALID: 'cannot be checked: that is not a JWK Set',
}
