import type { FurtherTokenName } from './authorization.ts'
import type { AccessToken, IssueDeps, IssueFurtherToken, IssueRequest } from './issue-request.ts'

/** One line a token: the member of the answer, and the function that issues it. A file each. */
const furtherTokens: Readonly<Partial<Record<FurtherTokenName, IssueFurtherToken>>> = {
  // id_token: issueIdToken,
}

/** The further tokens of an authorization, by their members of the answer. Throws TypeError for one that is not in the table. */
export async function issueFurtherTokens(
  request: IssueRequest,
  deps: IssueDeps & { readonly accessToken: AccessToken },
): Promise<Partial<Record<FurtherTokenName, string>>> {
  const issued: Partial<Record<FurtherTokenName, string>> = {}
  for (const name of request.authorization.alsoIssue ?? []) {
    const issue = furtherTokens[name]
    if (!issue)
      throw new TypeError(`Cannot issue the further token '${name}': further-tokens.ts does not list it`)
    issued[name] = await issue(request, deps)
  }
  return issued
}
