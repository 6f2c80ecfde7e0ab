import type { Keyring } from '../../keys/keyring.ts'
import type { Tenant } from '../../tenants/tenant.ts'

/** What an ID token of ours says to the one who gets it back. */
export interface IdTokenHint {
  readonly sub: string
  /** The client that the ID token was issued to. */
  readonly clientId: string
  /** The session; undefined: it names none. */
  readonly sid: string | undefined
}

/**
 * Reads an `id_token_hint` (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2): an ID token that a key of the tenant
 * signed, also if it expired within the last year. Undefined for any other text, such as an access token. Throws StorageError.
 */
export async function verifyIdTokenHint(
  _text: string,
  _tenant: Tenant,
  _deps: { readonly keyring: Keyring; readonly now: () => number },
): Promise<IdTokenHint | undefined> {
  throw new TypeError('verifyIdTokenHint is not built yet')
}
