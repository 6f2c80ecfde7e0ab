import type { FurtherToken } from '../../../src/tokens/issue-request.ts'

/** The one file of a further token, which the product does not have. */
export const receiptToken: FurtherToken = {
  description: 'Says who the voucher was for',
  issue: async ({ authorization, client }, { accessToken }) =>
    [authorization.subject, client.id, accessToken.tokenId].join(' '),
}
