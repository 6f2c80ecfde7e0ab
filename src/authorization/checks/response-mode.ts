import { OAuthError } from '../../protocol/errors.ts'
import { named, oneOf } from '../../protocol/finding-words.ts'
import { type ResponseMode, responseModes } from '../authorization-request.ts'
import type { RequestParameters } from '../request-parameters.ts'

/** How the answer goes to the client; an unknown mode is `query`, so that the error of {@link checkResponseMode} gets there. */
export function findResponseMode(parameters: RequestParameters): ResponseMode {
  const asked = parameters.get('response_mode')
  return responseModes.find((mode) => mode === asked) ?? 'query'
}

/** Throws `invalid_request` for a response mode that there is not. */
export function checkResponseMode({ parameters }: { readonly parameters: RequestParameters }): void {
  const asked = parameters.get('response_mode')
  if (asked !== undefined && !responseModes.some((mode) => mode === asked))
    throw new OAuthError('invalid_request', 'The response mode is not supported: use query or form_post', {
      finding: {
        check: 'response_mode',
        saw: named(asked, ['fragment', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt']),
        wanted: oneOf(responseModes),
      },
    })
}
