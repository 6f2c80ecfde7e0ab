import type { IssueFurtherToken } from '../../../src/tokens/issue-request.ts'

/** The one file of a further token, which the product does not have. */
export const issueTestIdToken: IssueFurtherToken = async ({ authorization, client }, { accessToken }) =>
  [authorization.subject, authorization.nonce, client.id, accessToken.tokenId].join(' ')
