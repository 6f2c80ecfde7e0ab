import { OAuthError } from '../../protocol/errors.ts'
import type { CheckedParameters } from './request-check.ts'

/** Throws `invalid_request` where the client has to push its requests and did not push this one (RFC 9126 section 5). */
export function checkPushed({ client, pushed }: CheckedParameters): void {
  if (pushed || !client.require_pushed_authorization_requests) return
  throw new OAuthError('invalid_request', 'The client has to push its authorization requests', {
    finding: {
      check: 'pushed request',
      saw: 'a request that was not pushed',
      wanted:
        'a request_uri of the pushed authorization request endpoint, or require_pushed_authorization_requests: false',
    },
  })
}
