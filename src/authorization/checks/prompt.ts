import { OAuthError } from '../../protocol/errors.ts'
import { named, oneOf } from '../../protocol/finding-words.ts'
import { type Prompt, prompts } from '../authorization-request.ts'
import type { CheckedParameters } from './request-check.ts'

/**
 * The values of `prompt`, each once (OpenID Connect Core section 3.1.2.1). Throws `invalid_request` for an unknown one, and for `none`
 * with others.
 */
export function parsePrompt({ parameters }: Pick<CheckedParameters, 'parameters'>): readonly Prompt[] {
  const text = parameters.get('prompt')
  if (text === undefined) return []
  const asked = [...new Set(text.split(' '))]
  const known = prompts.filter((prompt) => asked.includes(prompt))
  const saw = () => asked.map((word) => named(word, [...prompts, 'create'])).join(', ')
  if (known.length < asked.length)
    throw new OAuthError('invalid_request', `The prompt must be of: ${prompts.join(', ')}`, {
      finding: {
        check: 'prompt',
        saw: saw(),
        wanted: oneOf(prompts),
      },
    })
  if (known.includes('none') && known.length > 1)
    throw new OAuthError('invalid_request', 'The prompt none stands alone', {
      finding: {
        check: 'prompt',
        saw: saw(),
        wanted: 'none alone, or the others without it',
      },
    })
  return known
}
