import { dateText, momentText, oneOf, quoted } from '../../protocol/finding-words.ts'
import { typesOf } from './find-issuer.ts'
import type { ReadToken } from './read-token.ts'
import type { Proof } from './recall-token.ts'
import type { StepFinding } from './token-steps.ts'

/** What the verifier refused. `code` is the message of JwtInvalid. */
export function findUnproven(
  { said, text }: Pick<ReadToken, 'said' | 'text'>,
  { issuer: { tenant, oauth2, keys } }: Proof,
  { code, now }: { readonly code: string; readonly now: number },
): StepFinding {
  const { claims = {}, kid, typ } = said ?? {}
  const of = { tenant: tenant.id }
  switch (code) {
    case 'another typ':
      return { ...of, check: 'typ', saw: `typ ${quoted(typ)}`, wanted: oneOf([...new Set(typesOf(oauth2))]) }
    case 'another key':
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return { ...of, check: 'key', ...describeKey(kid, keys) }
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return {
        ...{ ...of, check: 'signature' },
        saw: `a signature that the key ${quoted(kid)} did not make: the token was changed`,
        wanted: 'the token as it was issued',
      }
    case 'issued in the future':
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return {
        ...{ ...of, check: 'times' },
        saw: `iat ${timeOf(claims['iat'], now)}; nbf ${timeOf(claims['nbf'], now)}`,
        wanted: `an iat, and no later than ${dateText(now)}: compare the clocks of the replicas`,
      }
    case 'not canonical base64url':
      return { ...of, check: 'form of the token', ...describeSpelling(text) }
    default:
      return {
        ...{ ...of, check: 'form of the token' },
        saw: code,
        wanted: 'a JWS in its one spelling, without critical members',
      }
  }
}

/** What people do to a token on its way. */
function describeSpelling(text: string) {
  if (/\s/.test(text)) return { saw: 'white space in it', wanted: 'the token in one line, without spaces' }
  const signature = text.split('.')[2]
  const saw = signature === '' ? 'no signature' : 'a part, mostly the signature, that was cut off or changed'
  return { saw, wanted: 'the whole token as it was issued' }
}

function describeKey(kid: string | undefined, keys: Proof['issuer']['keys']) {
  const known = kid === undefined ? undefined : keys.find(kid)
  const kids = keys.jwks.keys.map((key) => String(key.kid))
  return known
    ? {
        saw: `kid ${quoted(kid)}, and another alg in the header`,
        wanted: `the alg of the key: ${known.algorithm}`,
      }
    : { saw: `kid ${quoted(kid)}, which is no key of the tenant now`, wanted: oneOf(kids) }
}

/** The finding for a token that has expired; `now` is in milliseconds since the epoch. */
export function findExpired(
  { exp, iat }: Readonly<Record<string, unknown>>,
  tenant: string,
  now: number,
): StepFinding {
  return {
    ...{ tenant, check: 'times' },
    saw: `exp ${timeOf(exp, now)}; iat ${timeOf(iat, now)}`,
    wanted: `an exp after ${dateText(now)}`,
  }
}

function timeOf(value: unknown, now: number): string {
  return typeof value === 'number' ? momentText(value * 1000, now) : 'is missing'
}
