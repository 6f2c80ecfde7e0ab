import type { FurtherTokenName } from './authorization.ts'
import type { AccessToken, FurtherToken, IssueDeps, IssueRequest } from './issue-request.ts'
import { refreshToken } from './people/answered-refresh-token.ts'
import { idToken } from './people/id-token.ts'

/** One line for each token: the member of the answer, and the token from its own file. The OpenAPI document reads this table too. */
const furtherTokens: Readonly<Partial<Record<FurtherTokenName, FurtherToken>>> = {
  id_token: idToken,
  refresh_token: refreshToken,
}

/** The further tokens of an authorization, by their members of the answer. Throws TypeError for one that is not in the table. */
export async function issueFurtherTokens(
  request: IssueRequest,
  deps: IssueDeps & { readonly accessToken: AccessToken },
): Promise<Partial<Record<FurtherTokenName, string>>> {
  const issued: Partial<Record<FurtherTokenName, string>> = {}
  for (const name of request.authorization.alsoIssue ?? []) {
    const token = furtherTokens[name]
    if (!token)
      throw new TypeError(`Cannot issue the further token '${name}': further-tokens.ts does not list it`)
    issued[name] = await token.issue(request, deps)
  }
  return issued
}

/** The further tokens of the table, each with its description. */
export function describeFurtherTokens(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(furtherTokens).map(([name, { description }]) => [name, description]),
  )
}
