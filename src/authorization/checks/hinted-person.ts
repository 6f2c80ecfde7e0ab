import { OAuthError } from '../../protocol/errors.ts'
import { quoted } from '../../protocol/finding-words.ts'
import type { ClaimsRequest } from '../../tokens/people/claims-request.ts'
import { verifyIdTokenHint } from '../../tokens/people/id-token-hint.ts'
import type { CheckedParameters } from './request-check.ts'

/** What it takes to verify an ID token of ours. */
export type HintDeps = Parameters<typeof verifyIdTokenHint>[2]

/**
 * The person that a request wants: of `id_token_hint`, or of the claim `sub` with a value (OpenID Connect Core sections 3.1.2.1 and 5.5.1);
 * undefined: anybody. Throws `invalid_request` for a hint that is no ID token of this client, and for two people.
 */
export async function resolveHintedSub(
  { parameters, client, tenant }: CheckedParameters,
  claims: ClaimsRequest | undefined,
  deps: HintDeps,
): Promise<string | undefined> {
  const wanted = claims?.id_token?.['sub']?.value
  if (wanted !== undefined && typeof wanted !== 'string')
    throw new OAuthError('invalid_request', 'The claim sub must be a text')
  const text = parameters.get('id_token_hint')
  if (text === undefined) return wanted
  const hint = await verifyIdTokenHint(text, tenant, deps)
  if (!hint || hint.clientId !== client.id)
    throw new OAuthError('invalid_request', 'The id_token_hint is not an ID token of this client', {
      finding: {
        check: 'id_token_hint',
        saw: hint
          ? `an ID token of the client ${quoted(hint.clientId)}`
          : 'a text that is no ID token of this tenant',
        wanted: `an ID token of the client ${quoted(client.id)}`,
      },
    })
  if (wanted !== undefined && wanted !== hint.sub)
    throw new OAuthError('invalid_request', 'The id_token_hint and the claim sub are of two people')
  return hint.sub
}
