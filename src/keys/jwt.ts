import * as jose from 'jose'
import type { TenantKeys } from './keyring.ts'
import type { SigningKey } from './signing-key.ts'

/** A compact JWS in the tenant's words; the header is alg, typ, kid in that order. */
export function signJwt(
  claims: Readonly<Record<string, unknown>>,
  { key, typ }: { key: SigningKey; typ: string },
): Promise<string> {
  return new jose.SignJWT({ ...claims })
    .setProtectedHeader({ alg: key.algorithm, typ, kid: key.kid })
    .sign(key.privateKey)
}

/** What a JWT says of itself before anything is verified; undefined for a text that is no JWT. */
export interface UnverifiedJwt {
  readonly issuer: string
  readonly kid: string
}

/** Reads the issuer and the key id, by which alone our own key is looked up; nothing else in it is believed. */
export function peekJwt(token: string): UnverifiedJwt | undefined {
  try {
    const { kid } = jose.decodeProtectedHeader(token)
    const { iss } = jose.decodeJwt(token)
    return typeof kid === 'string' && typeof iss === 'string' ? { issuer: iss, kid } : undefined
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
}

/** The token was ours and good, but its time is over. */
export class JwtExpired extends Error {}

/** The token is none of ours, or not whole. */
export class JwtInvalid extends Error {}

/**
 * The claims of a JWT that one of `keys` signed and that is not expired; no leeway, for the clock is ours.
 * Throws {@link JwtExpired}, for a token that is good but for its time, or {@link JwtInvalid}.
 */
export async function verifyJwt(token: string, options: VerifyOptions): Promise<Record<string, unknown>> {
  checkCanonical(token)
  try {
    const { payload } = await jose.jwtVerify(token, (header) => pickKey(header, options), {
      algorithms: [options.keys.active.algorithm],
      issuer: options.issuer,
      requiredClaims: ['exp', 'iat'],
      clockTolerance: 0,
      currentDate: new Date(options.now),
    })
    if ((payload.iat ?? 0) * 1000 > options.now) throw new JwtInvalid('issued in the future')
    return payload
  } catch (cause) {
    // Only the code goes on: the message below it may quote the token, and this one ends in the log.
    if (cause instanceof jose.errors.JWTExpired) throw new JwtExpired(cause.code)
    if (cause instanceof jose.errors.JOSEError) throw new JwtInvalid(cause.code)
    throw cause
  }
}

/** The algorithm is that of our key; what the header says has to agree and decides nothing. */
function pickKey({ alg, kid, typ }: jose.JWTHeaderParameters, { keys, types }: VerifyOptions): CryptoKey {
  if (typ === undefined || !types.includes(typ)) throw new JwtInvalid('another typ')
  const key = kid === undefined ? undefined : keys.find(kid)
  if (!key || key.algorithm !== alg) throw new JwtInvalid('another key')
  return key.publicKey
}

/** One token, one spelling: base64url that decodes to the same bytes in another spelling is refused. */
function checkCanonical(token: string): void {
  const parts = token.split('.')
  const canonical = parts.length === 3 && parts.every((part) => isCanonicalBase64Url(part))
  if (!canonical) throw new JwtInvalid('not canonical base64url')
}

function isCanonicalBase64Url(text: string): boolean {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return false
  try {
    return jose.base64url.encode(jose.base64url.decode(text)) === text
  } catch {
    return false
  }
}
