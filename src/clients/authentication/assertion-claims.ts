import type { ClientAssertion } from '../../keys/client-assertion.ts'
import {
  assertionLeeway,
  longestAssertionId,
  longestAssertionLife,
} from '../../protocol/client-authentication.ts'

/** A fault of an assertion that does not depend on the key. Only the log and the audit trail show it. */
export type AssertionFault =
  | 'assertion_header'
  | 'assertion_algorithm'
  | 'assertion_issuer'
  | 'assertion_subject'
  | 'assertion_audience'
  | 'assertion_expiry'
  | 'assertion_expired'
  | 'assertion_not_valid_yet'
  | 'assertion_jti'

export interface AssertionRules {
  readonly clientId: string
  /** The issuer and the token endpoint of the tenant. */
  readonly audiences: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
  /** See Deps.expiryCutoff. */
  readonly expiryCutoff: number
}

/** The claims of a valid assertion that the server uses (RFC 7523 section 3). */
export interface AssertionClaims {
  readonly jti: string
  /** The time from which the assertion is refused, in milliseconds since the epoch. */
  readonly expiresAt: number
}

/**
 * Checks the header and the claims of an assertion, but not its signature. It uses the request only, so a fault reveals nothing about
 * a client.
 */
export function checkAssertion(
  assertion: ClientAssertion,
  rules: AssertionRules,
): AssertionClaims | AssertionFault {
  const { algorithm, hasForeignHeader, claims } = assertion
  if (algorithm === undefined) return 'assertion_algorithm'
  if (hasForeignHeader) return 'assertion_header'
  if (claims['iss'] !== rules.clientId) return 'assertion_issuer'
  if (claims['sub'] !== rules.clientId) return 'assertion_subject'
  if (!isFor(claims['aud'], rules.audiences)) return 'assertion_audience'
  const { jti } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > longestAssertionId) return 'assertion_jti'
  return checkTimes(claims, rules) ?? { jti, expiresAt: expiryOf(claims['exp']) }
}

/** The audience must be the only one, because another audience could send the assertion on to us (RFC 7523bis section 4). */
function isFor(aud: unknown, audiences: readonly string[]): boolean {
  const [only, ...others] = Array.isArray(aud) ? aud : [aud]
  return others.length === 0 && typeof only === 'string' && audiences.includes(only)
}

function checkTimes(
  { exp, iat, nbf }: Readonly<Record<string, unknown>>,
  { now, expiryCutoff }: AssertionRules,
): AssertionFault | undefined {
  const latest = now / 1000 + assertionLeeway
  if (!isTime(exp) || exp > latest + longestAssertionLife) return 'assertion_expiry'
  // If an assertion expired before the cutoff, its row may be deleted already, even if the clock was set back since.
  if (expiryOf(exp) <= Math.max(now, expiryCutoff)) return 'assertion_expired'
  const isGood = [iat, nbf].every((time) => time === undefined || (isTime(time) && time <= latest))
  return isGood ? undefined : 'assertion_not_valid_yet'
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function expiryOf(exp: unknown): number {
  return Math.ceil((Number(exp) + assertionLeeway) * 1000)
}
