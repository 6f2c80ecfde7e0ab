import { OAuthError } from '../../protocol/errors.ts'
import { named } from '../../protocol/finding-words.ts'
import type { CheckedParameters } from './request-check.ts'

/** Seconds; undefined: any age will do (OpenID Connect Core section 3.1.2.1). Throws `invalid_request`. */
export function parseMaxAge({ parameters }: Pick<CheckedParameters, 'parameters'>): number | undefined {
  const text = parameters.get('max_age')
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text))
    throw new OAuthError('invalid_request', 'The max_age must be whole seconds', {
      finding: {
        check: 'max_age',
        saw: named(text, /^-?\d{1,9}(?:\.\d{1,9})?$/.test(text) ? [text] : []),
        wanted: 'a whole number of seconds',
      },
    })
  return Number(text)
}
