import { type ErrorCode, OAuthError } from '../../protocol/errors.ts'
import type { CheckedParameters } from './request-check.ts'

/** Parameters that OpenID Connect Core sections 6 and 7.2.1 let a server refuse by these codes (section 3.1.2.6). */
const unsupported: readonly (readonly [name: string, code: ErrorCode])[] = [
  ['request', 'request_not_supported'],
  ['request_uri', 'request_uri_not_supported'],
  ['registration', 'registration_not_supported'],
]

/** Throws the code of a parameter that this server does not support. A `request_uri` of ours was replaced by what it stands for before. */
export function checkUnsupported({ parameters }: Pick<CheckedParameters, 'parameters'>): void {
  const found = unsupported.find(([name]) => parameters.get(name) !== undefined)
  if (found === undefined) return
  const [name, code] = found
  throw new OAuthError(code, `The parameter ${name} is not supported`, {
    finding: {
      check: 'parameters',
      saw: `the parameter ${name}`,
      wanted: 'a request without it; one that nobody may change is pushed to /oauth/par',
    },
  })
}
