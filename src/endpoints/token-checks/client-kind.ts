import type { Proof } from '../../clients/authentication/proof.ts'
import type { ClientKind } from '../../grants/grant.ts'
import { nameIn, OAuthError } from '../../protocol/errors.ts'
import type { TokenCheck } from './token-check.ts'

/** What a client is that proved itself so. */
const kinds: Readonly<Record<Proof['kind'], ClientKind>> = { secret: 'confidential', key: 'confidential' }

/** Does this grant take a client that proved itself so? A client without a proof must not use a grant that relies on one. */
export const checkClientKind: TokenCheck = ({ proof, grant: { type, clients } }) => {
  if (clients === 'both' || clients === kinds[proof.kind]) return
  throw new OAuthError('unauthorized_client', nameIn('This grant type is not for clients of this kind', type))
}
