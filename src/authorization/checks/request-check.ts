import type { TokenOwner } from '../../tokens/token-owner.ts'
import type { RequestParameters } from '../request-parameters.ts'

/**
 * An authorization request whose client is known. Each file of this folder looks at one thing of it, and throws an OAuthError where it
 * must not be.
 */
export interface CheckedParameters extends TokenOwner {
  readonly parameters: RequestParameters
  /** Whether the client pushed it (RFC 9126). */
  readonly pushed: boolean
}
