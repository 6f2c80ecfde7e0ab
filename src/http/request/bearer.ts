import { OAuthError } from '../../protocol/errors.ts'

export const realm = 'grantd'

/**
 * Runs `work` with the token of the Authorization header (RFC 6750 section 2.1): the header only, never the query
 * or the body. Throws a bare challenge without a token, and adds the challenge to what `work` refuses.
 */
export async function withBearerToken<T>(request: Request, work: (token: string) => Promise<T>): Promise<T> {
  const header = request.headers.get('authorization')
  const token = header === null ? undefined : /^bearer(?: +(.*))?$/i.exec(header)?.[1]
  if (token === undefined || token === '') {
    const challenge = { scheme: 'Bearer', realm, withError: false } as const
    throw new OAuthError('invalid_token', 'An access token is required', { challenge })
  }
  try {
    return await work(token)
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== 'invalid_token') throw error
    const challenge = { scheme: 'Bearer', realm, withError: true } as const
    throw new OAuthError(error.code, error.message, { challenge, cause: error.cause })
  }
}
