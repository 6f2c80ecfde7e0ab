import { personAudience } from '../tokens/audience.ts'
import type { AuthorizationRequest, ReturnAddress } from './authorization-request.ts'
import { checkCodeAllowed } from './checks/code-allowed.ts'
import { parseCodeChallenge } from './checks/code-challenge.ts'
import { checkEssentialAcr } from './checks/essential-acr.ts'
import { type HintDeps, resolveHintedSub } from './checks/hinted-person.ts'
import { parseMaxAge } from './checks/max-age.ts'
import { parsePrompt } from './checks/prompt.ts'
import { checkPushed } from './checks/pushed-only.ts'
import { checkRepeated } from './checks/repeated-parameter.ts'
import type { CheckedParameters } from './checks/request-check.ts'
import { parseClaims } from './checks/requested-claims.ts'
import { parseRequestedScopes } from './checks/requested-scopes.ts'
import { checkResponseMode } from './checks/response-mode.ts'
import { checkResponseType } from './checks/response-type.ts'
import { checkUnsupported } from './checks/unsupported-parameters.ts'

/**
 * The checks whose result is a yes or a no, in their order: first the syntax, then what the server can do, then the rights of the client.
 */
const checks: readonly ((asked: CheckedParameters) => void)[] = [
  checkRepeated,
  ({ parameters }) => parameters.checkValues(),
  checkUnsupported,
  checkResponseMode,
  checkResponseType,
  checkCodeAllowed,
  checkPushed,
]

/**
 * Checks the whole request and returns what it asks for. Throws an OAuthError, which may go to the client, because `address` is proven; and
 * StorageError.
 */
export async function parseAuthorizationRequest(
  asked: CheckedParameters,
  address: ReturnAddress,
  deps: HintDeps,
): Promise<AuthorizationRequest> {
  for (const check of checks) check(asked)
  const { parameters } = asked
  const codeChallenge = parseCodeChallenge(asked)
  const scopes = parseRequestedScopes(asked)
  const claims = parseClaims(asked)
  checkEssentialAcr(claims)
  return {
    ...address,
    codeChallenge,
    scopes,
    audience: personAudience([...parameters.getAll('resource'), ...parameters.getAll('audience')], asked),
    claims,
    nonce: parameters.get('nonce'),
    prompt: parsePrompt(asked),
    maxAge: parseMaxAge(asked),
    hintedSub: await resolveHintedSub(asked, claims, deps),
    loginHint: parameters.get('login_hint'),
    uiLocales: parameters.get('ui_locales'),
  }
}
