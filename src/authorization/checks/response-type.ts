import { OAuthError } from '../../protocol/errors.ts'
import { named } from '../../protocol/finding-words.ts'
import type { CheckedParameters } from './request-check.ts'

const otherTypes = [
  'token',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
  'none',
]

/**
 * Throws `invalid_request` if the response type is missing, and `unsupported_response_type` for any other than `code` (RFC 6749 section
 * 4.1.2.1). The implicit flow leaks tokens (RFC 9700 section 2.1.2).
 */
export function checkResponseType({ parameters }: CheckedParameters): void {
  const type = parameters.get('response_type')
  if (type === undefined) throw new OAuthError('invalid_request', 'Missing response_type parameter')
  if (type !== 'code')
    throw new OAuthError('unsupported_response_type', 'The response type is not supported: use code', {
      finding: { check: 'response_type', saw: named(type, otherTypes), wanted: 'response_type=code' },
    })
}
