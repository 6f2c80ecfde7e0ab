import type { Proof } from '../../clients/authentication/proof.ts'
import type { Grant } from '../../grants/grant.ts'
import type { Form } from '../../http/request/form.ts'
import type { TokenOwner } from '../../tokens/token-owner.ts'

/** A token request whose client is known. */
export interface CheckedRequest extends TokenOwner {
  readonly request: Request
  readonly form: Form
  readonly grant: Grant
  readonly proof: Proof
}

/** One check that every token request has to pass before its grant runs. Throws OAuthError. */
export type TokenCheck = (asked: CheckedRequest) => void
