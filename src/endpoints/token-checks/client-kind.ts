import type { Proof } from '../../clients/authentication/proof.ts'
import type { ClientKind } from '../../grants/grant.ts'
import { nameIn, OAuthError } from '../../protocol/errors.ts'
import type { TokenCheck } from './token-check.ts'

/** The kind of client by the kind of its proof. */
const kinds: Readonly<Record<Proof['kind'], ClientKind>> = {
  secret: 'confidential',
  key: 'confidential',
  none: 'public',
}

/** Checks that the grant takes this kind of client. A public client must not use a grant that relies on a proof of the client. */
export const checkClientKind: TokenCheck = ({ proof, grant: { type, clients } }) => {
  if (clients === 'both' || clients === kinds[proof.kind]) return
  throw new OAuthError(
    'unauthorized_client',
    nameIn('This grant type is not for clients of this kind', type),
    {
      finding: {
        check: 'kind of client',
        saw: `a ${kinds[proof.kind]} client`,
        wanted: `a ${clients} client for ${type}`,
      },
    },
  )
}
