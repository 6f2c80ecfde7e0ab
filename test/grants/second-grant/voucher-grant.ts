import type { Grant } from '../../../src/grants/grant.ts'
import { OAuthError } from '../../../src/protocol/errors.ts'
import type { GrantType } from '../../../src/protocol/grant-types.ts'
import type { FurtherTokenName } from '../../../src/tokens/authorization.ts'

/** The one file of a second grant, which the product does not have: a voucher is exchanged for a token of its holder. */
export const voucherType = 'urn:example:grant-type:voucher'

const known = ['plain', 'bound', 'with-receipt', 'too-much']

export const voucherGrant: Grant = {
  // The table of names has it in the overlay alone.
  type: voucherType as string as GrantType,
  clients: 'confidential',
  parameters: { voucher: 'The voucher that the holder gave away' },
  scopePolicy: 'own',
  authorize: async ({ scopes, audience, parameters }) => {
    const { voucher } = parameters as { voucher?: string }
    if (voucher === undefined) throw new OAuthError('invalid_request', 'Missing voucher parameter')
    if (!known.includes(voucher)) throw new OAuthError('invalid_grant', 'The voucher is not good')
    return {
      subject: `holder-of-${voucher}`,
      scopes: voucher === 'too-much' ? ['admin'] : scopes,
      audience,
      ...(voucher === 'bound' && { confirmation: { 'x5t#S256': 'thumbprint-of-a-certificate' } }),
      // The table of further tokens has it in the overlay alone.
      ...(voucher === 'with-receipt' && { alsoIssue: ['receipt' as string as FurtherTokenName] }),
    }
  },
}
