import type { Proof } from '../../clients/authentication/proof.ts'
import type { Client } from '../../clients/client.ts'
import type { Grant } from '../../grants/grant.ts'
import type { Form } from '../../http/request/form.ts'
import type { OAuth2Tenant } from '../../http/tenant-of-path.ts'

/** A token request whose client is known. */
export interface CheckedRequest extends OAuth2Tenant {
  readonly request: Request
  readonly form: Form
  readonly grant: Grant
  readonly client: Client
  readonly proof: Proof
}

/** One check that every token request has to pass before its grant runs. Throws OAuthError. */
export type TokenCheck = (asked: CheckedRequest) => void
