import * as jose from 'jose'
import { signatureAlgorithms } from '../protocol/algorithms.ts'
import { signCompact } from './signing/signer.ts'
import type { SigningKey, VerifyingKey } from './signing-key.ts'
import type { TenantKeys } from './tenant-keys.ts'

const allAlgorithms = Object.keys(signatureAlgorithms)

/** A compact JWS in the tenant's words; the header is alg, typ, kid in that order. A signature that cannot be made throws. */
export function signJwt(
  claims: Readonly<Record<string, unknown>>,
  { key, typ }: { key: SigningKey; typ: string },
): Promise<string> {
  const { algorithm: alg, kid, signer } = key
  const header = jose.base64url.encode(JSON.stringify({ alg, typ, kid }))
  return signCompact(header, JSON.stringify(claims), signer)
}

/** What a JWT says of itself before anything is verified; undefined for a text that is no JWT. */
export interface UnverifiedJwt {
  readonly issuer: string
  readonly kid: string
  readonly typ: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
}

/** Reads the issuer and the key id, by which alone our own key is looked up; nothing in it is believed. */
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

export interface VerifyOptions {
  readonly keys: TenantKeys
  readonly issuer: string
  readonly types: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Default true; false: a token without exp never expires. */
  readonly requireExpiry?: boolean
  /** Default false: a token that was issued later than now is refused. */
  readonly allowFuture?: boolean
}

/** The token was ours and good, but its time is over. */
export class JwtExpired extends Error {}

/** The token is none of ours, or not whole. */
export class JwtInvalid extends Error {}

/**
 * The claims of a JWT that one of `keys` signed and that is not expired; no leeway, for the clock is ours.
 * Throws {@link JwtExpired}, for a token that is good but for its time, or {@link JwtInvalid}; and StorageError when
 * the key is not at hand and the storage cannot say whether it is one of ours.
 */
export async function verifyJwt(token: string, options: VerifyOptions): Promise<Record<string, unknown>> {
  return (await verifyJwtByKey(token, options)).claims
}

/** Claims, with what else the signature covers and which key made it. */
export interface VerifiedJwt {
  readonly claims: Record<string, unknown>
  readonly typ: string
  readonly key: VerifyingKey
}

/** Like {@link verifyJwt}, for those who want to know by which key. */
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
      clockTolerance: 0,
      currentDate: new Date(options.now),
    })
    const isFuture = (payload.iat ?? 0) * 1000 > options.now
    if (isFuture && !options.allowFuture) throw new JwtInvalid('issued in the future')
    if (!picked) throw new TypeError('The verifier asked for no key')
    return { claims: payload, ...picked }
  } catch (cause) {
    // Only the code goes on: the message below it may quote the token, and this one ends in the log.
    if (cause instanceof jose.errors.JWTExpired) throw new JwtExpired(cause.code)
    if (cause instanceof jose.errors.JOSEError) throw new JwtInvalid(cause.code)
    throw cause
  }
}

/** The algorithm is that of the key; what the header says has to agree and decides nothing. */
async function pickKey(
  { alg, kid, typ, crit }: jose.JWTHeaderParameters,
  { keys, types }: VerifyOptions,
): Promise<Omit<VerifiedJwt, 'claims'>> {
  // We sign no critical members, so one that is there is not ours.
  if (crit !== undefined) throw new JwtInvalid('critical members')
  if (typ === undefined || !types.includes(typ)) throw new JwtInvalid('another typ')
  const key = typeof kid === 'string' ? (keys.find(kid) ?? (await keys.lookUp(kid))) : undefined
  if (!key || key.algorithm !== alg) throw new JwtInvalid('another key')
  return { key, typ }
}

/** One token, one spelling: base64url that decodes to the same bytes in another spelling is refused. */
function checkCanonical(token: string): void {
  const parts = token.split('.')
  const canonical = parts.length === 3 && parts.every((part) => isCanonicalBase64Url(part))
  if (!canonical) throw new JwtInvalid('not canonical base64url')
}

/** The last character of a rest of two or three carries four or two bits that decode to nothing: they have to be zero (RFC 4648 section 3.5). */
const canonicalBase64Url = /^(?:[\w-]{4})*(?:[\w-]{4}|[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])$/

function isCanonicalBase64Url(text: string): boolean {
  return canonicalBase64Url.test(text)
}

/** A JWT as it stands, with nothing verified. */
export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** The text is no JWT; `message` says what is wrong with it. */
export class JwtMalformed extends Error {}

/** Takes a JWT apart for a person to read. Throws {@link JwtMalformed}. */
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

/** Whether a key of the JWK Set signed the token; a word about why not otherwise. */
export async function checkSignature(token: string, jwks: unknown): Promise<'verified' | string> {
  try {
    const keys = jose.createLocalJWKSet(jwks as jose.JSONWebKeySet)
    await jose.compactVerify(token, keys, { algorithms: Object.keys(signatureAlgorithms) })
    return 'verified'
  } catch (cause) {
    // What is no error of jose comes from the platform, which could not make a key of the JWK.
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
