import type { ClientAssertion } from '../../keys/client-assertion.ts'
import {
  assertionLeeway,
  longestAssertionId,
  longestAssertionLife,
} from '../../protocol/client-authentication.ts'
import { assertionAlgorithms, type ClientJwk } from '../../protocol/client-jwks.ts'
import type { Finding } from '../../protocol/errors.ts'
import { dateText, momentText, oneOf, quoted, spanText } from '../../protocol/finding-words.ts'
import type { AssertionRules } from './assertion-claims.ts'
import type { FailedCheck } from './credential-check.ts'

/** What `grantd explain` says of an assertion that failed. `keys` are those of the client. */
export function findAssertionFailure(
  failed: FailedCheck,
  {
    assertion,
    rules,
    keys,
  }: {
    readonly assertion: ClientAssertion
    readonly rules: Omit<AssertionRules, 'expiryCutoff'>
    readonly keys: readonly ClientJwk[]
  },
): Finding {
  const { claims, kid } = assertion
  const { clientId, audiences, now } = rules
  const kids = keys.map((key) => key.kid ?? '(a key without kid)')
  const findings: Partial<Record<FailedCheck, Omit<Finding, 'check'>>> = {
    assertion_algorithm: {
      saw: 'an alg that this server does not take',
      wanted: oneOf(Object.keys(assertionAlgorithms)),
    },
    assertion_header: {
      saw: 'a header with a key, a critical member or another typ',
      wanted: 'a header with alg, kid, and typ JWT or none',
    },
    assertion_issuer: { saw: `iss ${isNamed(claims['iss'], clientId)}`, wanted: 'the client_id as iss' },
    assertion_subject: { saw: `sub ${isNamed(claims['sub'], clientId)}`, wanted: 'the client_id as sub' },
    assertion_audience: { saw: `aud ${quoted(claims['aud'])}`, wanted: `alone ${oneOf(audiences)}` },
    assertion_jti: {
      saw: claims['jti'] === undefined ? 'no jti' : 'a jti that is no text, is empty or is too long',
      wanted: `a jti of at most ${longestAssertionId} characters, new each time`,
    },
    assertion_expiry: {
      saw: `exp ${timeOf(claims['exp'], now)}`,
      wanted: `an exp at most ${spanText(longestAssertionLife * 1000)} from now`,
    },
    assertion_expired: {
      saw: `exp ${timeOf(claims['exp'], now)}, iat ${timeOf(claims['iat'], now)}`,
      wanted: `an exp after ${dateText(now)}, and clocks that differ by at most ${assertionLeeway} s`,
    },
    assertion_not_valid_yet: {
      saw: `iat ${timeOf(claims['iat'], now)}, nbf ${timeOf(claims['nbf'], now)}`,
      wanted: `both by ${dateText(now)}, and clocks that differ by at most ${assertionLeeway} s`,
    },
    assertion_replayed: {
      saw: 'a jti that this client has used before',
      wanted: 'a new assertion with its own jti for each request',
    },
    unknown_key: { saw: `kid ${quoted(kid)} and the alg fit no key of the client`, wanted: oneOf(kids) },
    wrong_signature: {
      saw: `kid ${quoted(kid)}, whose key did not make the signature`,
      wanted: `a signature by ${oneOf(kids)}`,
    },
  }
  return { check: nameOf(failed), ...findings[failed] }
}

function nameOf(failed: FailedCheck): string {
  if (failed === 'unknown_key') return 'key of the client assertion'
  if (failed === 'wrong_signature') return 'signature of the client assertion'
  return `client assertion: ${failed.replace('assertion_', '').replaceAll('_', ' ')}`
}

/** Another id may be a secret in the wrong place. */
function isNamed(value: unknown, clientId: string): string {
  if (value === undefined) return 'is missing'
  return value === clientId ? 'is the client_id' : 'is not the client_id'
}

function timeOf(value: unknown, now: number): string {
  if (value === undefined) return 'is missing'
  return typeof value === 'number' ? momentText(value * 1000, now) : 'is no number'
}
