import { OAuthError } from '../../protocol/errors.ts'
import { named, shapeOf } from '../../protocol/finding-words.ts'
import type { CheckedParameters } from './request-check.ts'

/** SHA-256 in base64url (RFC 7636 section 4.2). */
const s256Challenge = /^[\w-]{43}$/

/**
 * The code challenge; null: the request has none, and the client may leave it out. `plain` is refused, because whoever reads the request
 * could then redeem the code; a challenge without a method means `plain` (RFC 7636 section 4.3). Throws `invalid_request`.
 */
export function parseCodeChallenge({ parameters, client }: CheckedParameters): string | null {
  const challenge = parameters.get('code_challenge')
  const method = parameters.get('code_challenge_method')
  if (challenge === undefined && method === undefined) {
    if (mayLeaveOut(client)) return null
    throw new OAuthError('invalid_request', 'Missing code_challenge parameter: PKCE with S256 is required', {
      finding: {
        check: 'PKCE',
        saw: 'no code_challenge',
        wanted:
          'code_challenge with code_challenge_method=S256, or require_pkce: false of a confidential client',
      },
    })
  }
  if (method !== 'S256')
    throw new OAuthError('invalid_request', 'The code_challenge_method must be S256', {
      finding: { check: 'PKCE', saw: `code_challenge_method ${named(method, ['plain'])}`, wanted: 'S256' },
    })
  if (challenge === undefined || !s256Challenge.test(challenge))
    throw new OAuthError('invalid_request', 'The code_challenge must be 43 characters of base64url', {
      finding: {
        check: 'PKCE',
        saw: challenge === undefined ? 'no code_challenge' : `a code_challenge of ${shapeOf(challenge)}`,
        wanted: '43 characters of base64url: the SHA-256 of the code_verifier',
      },
    })
  return challenge
}

/** A public client has nothing else that binds the code to it, whatever its settings say. */
function mayLeaveOut({
  require_pkce,
  token_endpoint_auth_method,
}: Pick<CheckedParameters['client'], 'require_pkce' | 'token_endpoint_auth_method'>): boolean {
  return !require_pkce && token_endpoint_auth_method !== 'none'
}
