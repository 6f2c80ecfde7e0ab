import { nameIn, OAuthError } from '../../protocol/errors.ts'
import { oneOf } from '../../protocol/finding-words.ts'
import type { TokenCheck } from './token-check.ts'

/** Checks that the client may use this grant. */
export const checkGrantAllowed: TokenCheck = ({ client, grant: { type } }) => {
  if (client.grant_types.includes(type)) return
  throw new OAuthError(
    'unauthorized_client',
    nameIn('The client is not allowed to use this grant type', type),
    {
      finding: {
        check: 'grant of the client',
        saw: `${type}, which the client does not have`,
        wanted: oneOf(client.grant_types),
      },
    },
  )
}
