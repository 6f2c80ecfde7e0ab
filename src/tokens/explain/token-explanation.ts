import { peekJwt } from '../../keys/jwt.ts'
import { type Finding, OAuthError } from '../../protocol/errors.ts'
import { momentText, quoted } from '../../protocol/finding-words.ts'
import { findIssuer } from '../check/find-issuer.ts'
import { readToken } from '../check/read-token.ts'
import { standingSteps, tokenSteps } from '../check/token-steps.ts'
import { isApiKey, readTokenClaims, type TokenClaims } from '../token-claims.ts'
import { type VerifiedToken, type VerifyDeps, verifyToken, type WantedToken } from '../verify.ts'
import { findStandingFaults } from './standing-faults.ts'

/** One step of a check, and what came of it. */
export interface ExplainedStep {
  readonly step: string
  /** `unknown`: an earlier step failed, and this one depends on it. */
  readonly result: 'pass' | 'fail' | 'unknown'
  readonly saw: string | null
  /** What would have passed, of a step that failed. */
  readonly wanted: string | null
}

/** Why this server takes or refuses a token now. It never has a part of the token that is secret. */
export interface TokenExplanation {
  readonly kind: 'access_token' | 'api_key' | 'refresh_token' | 'unknown'
  readonly accepted: boolean
  /** Null: not known, or not one that the caller may know of. */
  readonly tenant: string | null
  readonly steps: readonly ExplainedStep[]
}

/**
 * Explains an access token or an API key, and changes nothing. The verdict is that of {@link verifyToken}; the steps after a failure that
 * can be looked at by themselves are. `wanted.tenantId`: a token of another tenant is refused. Throws StorageError.
 */
export async function explainSigned(
  text: string,
  wanted: WantedToken,
  deps: VerifyDeps,
): Promise<TokenExplanation> {
  const verdict = await judge(text, wanted, deps)
  const claims = readTokenClaims(peekJwt(text)?.claims)
  const faults =
    'tenant' in verdict ? new Map<string, Finding>() : await findFaults(text, verdict, wanted, deps)
  const failedAt = tokenSteps.findIndex((step) => faults.has(step))
  const isIndependent = standingSteps.some((step) => step === tokenSteps[failedAt])
  const facts = factsOf(text, claims, deps.now())
  const steps = tokenSteps
    .filter((step) => isAbout(step, claims))
    .map((step): ExplainedStep => {
      const fault = faults.get(step)
      if (fault) return { step, result: 'fail', saw: fault.saw ?? null, wanted: fault.wanted ?? null }
      const isAfter = failedAt >= 0 && tokenSteps.indexOf(step) > failedAt
      const isKnown = !isAfter || (isIndependent && standingSteps.some((each) => each === step))
      const saw = step === 'scopes' && 'tenant' in verdict ? scopesOf(verdict) : (facts[step] ?? null)
      return { step, result: isKnown ? 'pass' : 'unknown', saw: isKnown ? saw : null, wanted: null }
    })
  const bound = claims && 'cnf' in claims ? [boundStep] : []
  return {
    kind: kindOf(claims),
    accepted: 'tenant' in verdict && bound.length === 0,
    tenant: await findTenantId(text, wanted, deps),
    steps: [...steps, ...bound],
  }
}

const boundStep: ExplainedStep = {
  ...{ step: 'proof of possession', result: 'fail' },
  saw: 'cnf: the token is bound to a key, so no endpoint takes it as a bearer token; introspection shows it',
  wanted: 'a token without cnf',
}

async function judge(
  text: string,
  wanted: WantedToken,
  deps: VerifyDeps,
): Promise<VerifiedToken | { readonly finding: Finding }> {
  try {
    return await verifyToken(text, wanted, deps)
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== 'invalid_token') throw error
    return { finding: error.finding ?? { check: 'claims', saw: error.message } }
  }
}

/** The fault of the verdict, and those beside it that other steps would have found. */
async function findFaults(
  text: string,
  { finding }: { readonly finding: Finding },
  wanted: WantedToken,
  deps: VerifyDeps,
): Promise<Map<string, Finding>> {
  const faults = new Map([[finding.check, finding]])
  const claims = readTokenClaims(peekJwt(text)?.claims)
  if (!claims || !standingSteps.some((step) => step === finding.check)) return faults
  const issuer = await findIssuer(readToken(text, deps), wanted, deps)
  const others = await findStandingFaults(text, { claims, issuer }, deps)
  return new Map([...faults, ...others])
}

async function findTenantId(text: string, { tenantId }: WantedToken, { tenants }: VerifyDeps) {
  const issuer = peekJwt(text)?.issuer
  const tenant = issuer === undefined ? undefined : await tenants.findByIssuer(issuer)
  return tenant && (tenantId === undefined || tenant.id === tenantId) ? tenant.id : null
}

function kindOf(claims: TokenClaims | undefined): TokenExplanation['kind'] {
  if (!claims) return 'unknown'
  return isApiKey(claims) ? 'api_key' : 'access_token'
}

/** Steps that only an API key or only a token of a person has. */
function isAbout(step: string, claims: TokenClaims | undefined): boolean {
  if (step === 'API key') return claims !== undefined && isApiKey(claims)
  const isOfPerson = claims !== undefined && !isApiKey(claims) && claims.sub !== claims.client_id
  return !['family', 'person', 'session'].includes(step) || isOfPerson
}

/** What a step saw that passed. */
function factsOf(
  text: string,
  claims: TokenClaims | undefined,
  now: number,
): Readonly<Record<string, string>> {
  const said = peekJwt(text)
  if (!said) return {}
  const { exp, iat } = said.claims
  const time = (value: unknown) => (typeof value === 'number' ? momentText(value * 1000, now) : 'missing')
  return {
    'form of the token': `a JWT of ${text.length} characters`,
    issuer: quoted(said.issuer),
    typ: quoted(said.typ),
    key: `kid ${quoted(said.kid)}`,
    times: `iat ${time(iat)}; exp ${exp === undefined ? 'none' : time(exp)}`,
    ...(claims && {
      claims: `jti ${quoted(claims.jti)}`,
      client: quoted(claims.client_id),
      person: quoted(claims.sub),
      revocation: 'neither the token nor those of its client or tenant are revoked',
      audience: quoted(claims.aud),
      'API key': quoted(claims.sub),
    }),
  }
}

/** The scopes that count now, and those that the token says and that do not. */
function scopesOf({ claims, scopes }: VerifiedToken): string {
  const said = claims.scope?.split(' ') ?? []
  const lost = said.filter((scope) => !scopes.includes(scope))
  const counting = scopes.length === 0 ? 'none' : scopes.join(' ')
  return lost.length === 0
    ? counting
    : `${counting}; the client may not have these any more: ${lost.join(' ')}`
}
