import { type Challenge, type Finding, OAuthError } from '../../protocol/errors.ts'
import { invalidToken } from '../../tokens/check/invalid-token.ts'
import type { VerifiedToken } from '../../tokens/verify.ts'

const realm = 'grantd'

/** The challenge to a request with a token (RFC 6750 section 3). `scope` is the one that the request needs. */
export function bearerChallenge(scope?: string): Challenge {
  return { scheme: 'Bearer', realm, withError: true, ...(scope !== undefined && { scope }) }
}

export interface BearerOptions {
  /** The token of a form, for an endpoint that takes one (RFC 6750 section 2.2). Default: a token in the body does not count. */
  readonly postedToken?: string | undefined
}

/**
 * Verifies the token of the Authorization header by `verify` (RFC 6750 section 2.1). A token in the query does not count. Without a
 * token, throws a challenge without an error code. Adds the challenge to an `invalid_token` of `verify`. Throws `invalid_request` for two
 * tokens.
 */
export async function withBearerToken(
  request: Request,
  verify: (token: string) => Promise<VerifiedToken>,
  { postedToken }: BearerOptions = {},
): Promise<VerifiedToken> {
  const header = request.headers.get('authorization')
  const sent = header === null ? undefined : /^bearer(?: +(.*))?$/i.exec(header)?.[1]
  if (sent !== undefined && postedToken !== undefined)
    throw new OAuthError('invalid_request', 'The access token was sent twice', {
      finding: {
        check: 'one access token',
        saw: 'one in the header and one in the form',
        wanted: 'one of them',
      },
    })
  const token = sent ?? postedToken
  if (token === undefined || token === '') {
    const challenge = { scheme: 'Bearer', realm, withError: false } as const
    throw new OAuthError('invalid_token', 'An access token is required', {
      challenge,
      finding: noToken(header),
    })
  }
  try {
    const verified = await verify(token)
    checkUnbound(verified)
    return verified
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== 'invalid_token') throw error
    const { code, message, cause, finding } = error
    throw new OAuthError(code, message, { challenge: bearerChallenge(), cause, finding })
  }
}

function noToken(header: string | null): Finding {
  const saw =
    header === null ? 'no Authorization header' : 'an Authorization header that is not Bearer, or is empty'
  return { check: 'access token', saw, wanted: 'Authorization: Bearer and the token' }
}

/** Refuses a token that is bound to a key, because no code here checks that the sender has the key (RFC 7800 section 3). */
function checkUnbound({ claims, tenant }: VerifiedToken): void {
  if (!('cnf' in claims)) return
  throw invalidToken('bound to a key, and the request does not prove that the sender has it', {
    ...{ check: 'proof of possession', tenant: tenant.id },
    saw: 'a token with cnf, which is bound to a key',
    wanted: 'a token without cnf: this server checks no proof of its key',
  })
}
